import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { sandboxUnitVariable } from '../../host/processes.ts';
import type { UnitState } from '../../host/units/units.ts';
import { minimalEnvironment } from '../../host/commands.ts';
import { census, processesIn, signalAll } from './control-group.ts';
import type { Told } from './journal.ts';

export interface UnitDefinition {
  name: string;
  argv: readonly [string, ...string[]];
  environment: Readonly<Record<string, string>>;
  controlGroup: string;
  log: string;
  /** As systemd's UnitFileState. */
  startup: string;
  /** It does something and ends (`Type=oneshot`): its lines go to the journal, and it is not started again by itself. */
  oneshot?: true;
}

/** systemd's defaults, shortened so that a sandbox shows in seconds what a host shows in minutes. Milliseconds. */
const restartDelay = 200;
const stopTimeout = 10_000;
const startLimit = { starts: 5, within: 10_000 };

/**
 * One unit of a sandbox: systemd.service(5) as far as `Type=simple` with `Restart=on-failure`, `Type=oneshot` and
 * `KillMode=control-group` go.
 */
export class Unit {
  readonly name: string;
  #definition: UnitDefinition;
  #child: ChildProcess | undefined;
  #active: UnitState['active'] = 'inactive';
  #sub = 'dead';
  #result = 'success';
  #exitStatus: number | undefined;
  #since: number | undefined;
  #restarts = 0;
  #starts: number[] = [];
  #restartTimer: NodeJS.Timeout | undefined;
  #stopping: Promise<void> | undefined;
  #masked = false;
  /** Of its last start: systemd's InvocationID. */
  #invocation: string | undefined;
  #ending: Promise<void> = Promise.resolve();

  readonly #changed: () => void;
  readonly #read: () => UnitDefinition | undefined;
  readonly #tell: (told: Told) => void;

  /**
   * @param changed Told after every change of state.
   * @param read The definition as it is now: also of a unit that starts itself again.
   * @param tell Told what a journal keeps.
   */
  constructor(
    definition: UnitDefinition,
    changed: () => void,
    read: () => UnitDefinition | undefined,
    tell: (told: Told) => void,
  ) {
    this.#changed = changed;
    this.#read = read;
    this.#tell = tell;
    this.name = definition.name;
    this.#definition = definition;
  }

  /** @param groups What runs in which group now: for several units, it is looked at once. */
  state(groups = census()): UnitState {
    const alive = this.#child !== undefined;
    return {
      name: this.name,
      load: this.#masked ? 'masked' : 'loaded',
      active: this.#active,
      sub: this.#sub,
      result: this.#result,
      mainPid: alive ? this.#child?.pid : undefined,
      exitStatus: alive ? undefined : this.#exitStatus,
      since: this.#since,
      controlGroup: alive || this.#stopping !== undefined ? this.#definition.controlGroup : undefined,
      restarts: this.#restarts,
      memory: undefined,
      startup: this.#definition.startup,
      nextRun: undefined,
      lastRun: undefined,
      tasks: alive ? (groups.get(this.#definition.controlGroup)?.length ?? 0) : undefined,
    };
  }

  get oneshot(): boolean {
    return this.#definition.oneshot === true;
  }

  get masked(): boolean {
    return this.#masked;
  }

  /** Nobody can start it while it is masked; it does not start itself either. */
  mask(masked: boolean): void {
    this.#masked = masked;
    this.#changed();
  }

  /** A failed unit counts as stopped. */
  resetFailed(): void {
    if (this.#active === 'failed') this.#become('inactive', 'dead');
    this.#result = 'success';
    this.#starts = [];
  }

  /** Resolves when a stop that is under way is over: a start asked for meanwhile waits for it, as systemd's does. */
  async settled(): Promise<void> {
    await this.#stopping;
  }

  /** Resolves when what was started last has come to its end. */
  async ended(): Promise<void> {
    await this.#ending;
  }

  /** Start it, with the definition as it is now. A unit that runs stays as it is. */
  start(definition: UnitDefinition): void {
    this.#definition = definition;
    clearTimeout(this.#restartTimer);
    if (this.#child !== undefined || this.#stopping !== undefined) return;
    this.#spawn();
  }

  /** Stop it and all that was started from inside it. Resolves when nothing of it is left. */
  stop(): Promise<void> {
    clearTimeout(this.#restartTimer);
    if (this.#sub === 'auto-restart') this.#become('failed', 'failed');
    if (this.#child === undefined) return this.#stopping ?? Promise.resolve();
    return (this.#stopping ??= this.#end(this.#child));
  }

  async #end(child: ChildProcess): Promise<void> {
    this.#become('deactivating', 'stop-sigterm');
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    signalAll(processesIn(this.#definition.controlGroup), 'SIGTERM');
    const killer = setTimeout(() => {
      this.#result = 'timeout';
      signalAll(processesIn(this.#definition.controlGroup), 'SIGKILL');
    }, stopTimeout);
    await gone;
    clearTimeout(killer);
    // What else was in the group does not outlive the main process.
    signalAll(processesIn(this.#definition.controlGroup), 'SIGKILL');
    this.#stopping = undefined;
    this.#settle();
  }

  #spawn(): void {
    const [file, ...args] = this.#definition.argv;
    const { oneshot } = this;
    const log = openSync(this.#definition.log, 'a', 0o600);
    this.#invocation = randomBytes(16).toString('hex');
    this.#starts = [...this.#starts.filter((at) => Date.now() - at < startLimit.within), Date.now()];
    const child = spawn(file, args, {
      cwd: '/',
      detached: true,
      stdio: oneshot ? ['ignore', 'pipe', 'pipe'] : ['ignore', log, log],
      env: {
        ...minimalEnvironment,
        ...this.#definition.environment,
        [sandboxUnitVariable]: this.#definition.controlGroup,
      },
    });
    closeSync(log);
    this.#child = child;
    this.#result = 'success';
    this.#exitStatus = undefined;
    this.#ending = new Promise((resolve) => child.once('close', () => resolve()));
    this.#record('started');
    for (const stream of [child.stdout, child.stderr])
      if (stream !== null)
        createInterface({ input: stream }).on('line', (text) => this.#record('line', text));
    if (oneshot) this.#become('activating', 'start');
    else this.#become('active', 'running');
    child.once('error', () => this.#ended(203, null)); // systemd.exec(5): EXIT_EXEC
    child.once('exit', (code, signal) => this.#ended(code, signal));
  }

  #ended(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#child === undefined) return;
    this.#child = undefined;
    this.#exitStatus = code ?? undefined;
    if (this.#result === 'success')
      this.#result = signal !== null ? 'signal' : code === 0 ? 'success' : 'exit-code';
    if (this.#stopping !== undefined) return;
    this.#settle();
    if (this.#result === 'success' || this.oneshot) return;
    if (this.#starts.filter((at) => Date.now() - at < startLimit.within).length >= startLimit.starts) {
      this.#result = 'start-limit-hit';
      return;
    }
    this.#become('activating', 'auto-restart');
    this.#restartTimer = setTimeout(() => {
      if (this.#masked) return this.#become('failed', 'failed');
      this.#restarts += 1;
      this.#definition = this.#read() ?? this.#definition;
      this.#spawn();
    }, restartDelay);
  }

  /** SIGTERM is a clean end for systemd, exit code 130 is not: t3 leaves `failed` behind (docs/t3-contract.md, process). */
  #settle(): void {
    if (this.#result === 'success') this.#become('inactive', 'dead');
    else this.#become('failed', 'failed');
    this.#record(this.#result === 'success' ? 'ended' : 'failed');
  }

  #record(kind: Told['kind'], text?: string): void {
    const { name: unit } = this;
    this.#tell({ unit, kind, invocation: this.#invocation ?? '', ...(text === undefined ? {} : { text }) });
  }

  #become(active: UnitState['active'], sub: string): void {
    this.#active = active;
    this.#sub = sub;
    this.#since = Date.now();
    this.#changed();
  }
}
