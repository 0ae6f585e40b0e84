import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import type { Opened } from '../../../src/commands/context.ts';
import { start } from '../../../src/commands/request.ts';
import { openHost, type Host } from '../../../src/host/host.ts';
import { supervisorUnits, type Supervisor } from '../../../src/host/units/supervisor.ts';
import { openJournal, openJournalReadOnly } from '../../../src/journal/journal.ts';
import { recordPlace } from '../../../src/journal/recorder.ts';
import { readOperation, readSteps } from '../../../src/journal/operations.ts';
import type { OperationRecord, StepRecord } from '../../../src/journal/records.ts';
import { readSnapshots } from '../../../src/journal/snapshots.ts';
import type { RequestInput } from '../../../src/operations/plan.ts';
import { cutOffOperations } from '../../../src/operations/cut-off.ts';
import { dumpWork, integrityOf, messagesIn } from '../databases.ts';
import { TestSandbox, until } from '../sandbox.ts';
import type { FaultPlan } from './plan.ts';
import { Visits } from './visits.ts';

/** Bundled by test/build.ts: from its sources it would take four times as long to start. */
const faultyRunner = path.join(import.meta.dirname, '../../../dist/faulty-runner.js');
const unit = 't3-serve@alice.service';

/** How everything stood before an operation. */
export interface Before {
  inode: bigint;
  mode: number;
  uid: number;
  messages: Set<string>;
  prerestores: number;
}

export interface Ended {
  operation: OperationRecord;
  steps: StepRecord[];
}

/**
 * A sandbox in which restores of alice go wrong on purpose: her server writes all the time until it is stopped, and
 * somebody visits her by the dispatch throughout.
 */
export class FaultBench {
  readonly sandbox: TestSandbox;
  readonly #host: Host;
  readonly #supervisor: Supervisor;
  readonly #scratch = mkdtempSync(path.join(os.tmpdir(), 't3-cockpit-faults-'));
  readonly #visits: Visits;
  chosen = '';

  private constructor(sandbox: TestSandbox) {
    this.sandbox = sandbox;
    this.#host = openHost(sandbox.loaded());
    this.#supervisor = supervisorUnits(sandbox.root, 30_000);
    this.#visits = new Visits(this.#host, sandbox.loaded());
  }

  static async create(): Promise<FaultBench> {
    const bench = new FaultBench(await TestSandbox.create({ users: 1 }));
    const { exitCode } = await bench.sandbox.run('backup', 'alice');
    expect(exitCode).toBe(0);
    const file = bench.sandbox.filesOf('alice').find((name) => name.endsWith('.sqlite'));
    bench.chosen = file ?? '';
    bench.#visits.begin();
    return bench;
  }

  async destroy(): Promise<void> {
    await this.#visits.end();
    await this.#supervisor.close();
    await this.#host.close();
    await this.sandbox.destroy();
    rmSync(this.#scratch, { recursive: true, force: true });
  }

  /** Nobody visits any more, until the next operation begins. */
  async closeDoor(): Promise<void> {
    await this.#visits.pause();
  }

  /** What a visitor of the fault plan writes down. */
  get said(): string {
    return path.join(this.#scratch, 'said');
  }

  /** The live database, whichever it is, damaged where SQLite finds it. */
  spoil(): void {
    const descriptor = openSync(this.live, 'r+');
    for (let page = 2; page < 12; page += 1)
      writeSync(descriptor, Buffer.alloc(4096, 'x'), 0, 4096, page * 4096);
    closeSync(descriptor);
  }

  get live(): string {
    return this.sandbox.database('alice');
  }

  /** A running server that writes; from its next start on it is idle. */
  async begin(): Promise<Before> {
    this.set({ T3_STAND_IN_ACTIVITY: 'busy' });
    await this.#supervisor.restart(unit);
    await this.#answers();
    this.set({ T3_STAND_IN_ACTIVITY: 'idle' });
    const known = messagesIn(path.join(this.sandbox.snapshots('alice'), this.chosen)).size;
    const messages = await until('a message that is being written', () => {
      const found = messagesIn(this.live);
      return found.size > known ? found : undefined;
    });
    return this.#before(messages);
  }

  /** A running server in which nobody works. */
  async beginIdle(): Promise<Before> {
    await this.#answers();
    return this.#before(messagesIn(this.live));
  }

  /** In the environment of alice's server, from its next start on; an empty text takes a setting away. */
  set(settings: Readonly<Record<string, string>>): void {
    const file = path.join(this.sandbox.root, 'etc/t3-serve/alice.env');
    const kept = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !((line.split('=', 1)[0] ?? '') in settings));
    const added = Object.entries(settings)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => `${name}=${value}`);
    writeFileSync(file, [...kept, ...added, ''].join('\n'));
  }

  #before(messages: Set<string>): Before {
    const { ino, mode, uid } = statSync(this.live, { bigint: true });
    this.#visits.open();
    return {
      inode: ino,
      mode: Number(mode),
      uid: Number(uid),
      messages,
      prerestores: this.#prerestores().length,
    };
  }

  /** What a reboot does to an operation that was cut off: nothing of it is left, the mask is gone, the server starts. */
  async reboot(id: number): Promise<void> {
    const journal = openJournal(this.sandbox.loaded().paths.state);
    try {
      recordPlace(journal, id, { kind: 'group', group: 1, cookie: 'x', boot: 'the boot before' });
    } finally {
      journal.close();
    }
    await this.start();
  }

  /** As somebody does by hand, or systemd after a boot. */
  async start(): Promise<void> {
    await this.#supervisor.act('unmask', unit, 60_000);
    await this.#supervisor.act('start', unit, 60_000);
    await this.#answers();
  }

  async #answers(): Promise<void> {
    const text = readFileSync(path.join(this.sandbox.root, 'etc/t3-serve/alice.env'), 'utf8');
    const port = /T3_PORT=(\d+)/.exec(text)?.[1] ?? '';
    await until('an answer from alice’s server', async () => {
      try {
        return await this.#host.http.fetch(`http://127.0.0.1:${port}/.well-known/t3/environment`, {
          timeout: 5000,
          maxBody: 65_536,
        });
      } catch {
        // Not yet.
        return undefined;
      }
    });
  }

  #prerestores() {
    const journal = openJournalReadOnly(this.sandbox.loaded().paths.state);
    try {
      return readSnapshots(journal, 'alice').filter(({ kind }) => kind === 'prerestore');
    } finally {
      journal.close();
    }
  }

  /** Ask for it with a runner that has a fault. @returns the number of the operation, and the points that were reached */
  async run(
    input: RequestInput,
    fault: Omit<FaultPlan, 'trace'>,
  ): Promise<{ id: number; points: string[]; ended: Ended | undefined }> {
    const trace = path.join(this.#scratch, 'trace');
    writeFileSync(trace, '');
    const plan: FaultPlan = { ...fault, trace };
    const config = this.sandbox.loaded();
    const host: Host = {
      ...this.#host,
      runners: {
        ...this.#host.runners,
        launch: (name, [node, , ...args], afterwards) =>
          this.#host.runners.launch(name, [node, faultyRunner, ...args, JSON.stringify(plan)], afterwards),
      },
    };
    const opened: Opened = { config, host, journal: undefined, journalProblem: undefined, cutOff: [] };
    const journal = openJournalReadOnly(config.paths.state);
    try {
      const started = await start(
        {
          io: {
            out: () => undefined,
            err: () => undefined,
            environment: {},
            columns: undefined,
            ask: undefined,
            onInterrupt: () => () => undefined,
            screen: false,
            asRoot: undefined,
            drained: () => Promise.resolve(),
          },
          options: {
            config: this.sandbox.config,
            set: [],
            json: false,
            readOnly: false,
            dryRun: false,
            yes: true,
            surface: 'test',
          },
        },
        { ...opened, journal },
        input,
        { versions: true, readers: true },
        false,
      );
      if (!('operation' in started)) throw new Error('not started');
      const id = started.operation;
      const ended = await this.#over(journal, id);
      return { id, points: readFileSync(trace, 'utf8').trim().split('\n'), ended };
    } finally {
      journal.close();
    }
  }

  /** Until it has an outcome, or its runner is found dead. */
  async #over(journal: Parameters<typeof readOperation>[0], id: number): Promise<Ended | undefined> {
    // Whether a runner lives is asked of every process of the machine: not as often as the journal.
    let asked = performance.now();
    return until(
      `the end of operation ${id}`,
      async () => {
        const operation = readOperation(journal, id);
        if (operation?.state === 'ended') return { ended: { operation, steps: readSteps(journal, id) } };
        if (performance.now() - asked < 100) return undefined;
        const cutOff = await cutOffOperations(journal, this.#host);
        asked = performance.now();
        return cutOff.some((each) => each.operation.id === id) ? { ended: undefined } : undefined;
      },
      200_000,
    ).then(({ ended }) => ended);
  }

  /** As the journal has it now. */
  ended(id: number): Ended {
    const journal = openJournalReadOnly(this.sandbox.loaded().paths.state);
    try {
      const operation = readOperation(journal, id);
      if (operation === undefined) throw new Error(`no operation ${id}`);
      return { operation, steps: readSteps(journal, id) };
    } finally {
      journal.close();
    }
  }

  /** What must be so after anything: the server runs, its files are its user's and whole, nothing half lies beside them. */
  async #checkServer(before: Before): Promise<void> {
    await this.#visits.pause();
    const state = (await this.#supervisor.show([unit])).get(unit);
    expect(state).toMatchObject({ active: 'active', sub: 'running', load: 'loaded' });
    const { mode, uid } = statSync(this.live, { bigint: true });
    expect({ mode: Number(mode), uid: Number(uid) }).toEqual({ mode: before.mode, uid: before.uid });
    const beside = () =>
      readdirSync(path.dirname(this.live)).filter(
        (name) => name.startsWith('state.sqlite') && !/^state\.sqlite(-wal|-shm)?$/.test(name),
      );
    // Whoever opens a database that was folded has a journal for a moment, until its write-ahead log is on again.
    const left = await until('no journal', () => {
      const found = beside();
      return found.includes('state.sqlite-journal') ? undefined : found;
    });
    expect(left).toEqual([]);
    expect(integrityOf(this.live)).toBe('ok');
    const leftovers = readdirSync(this.sandbox.snapshots('alice')).filter((name) =>
      name.includes('.partial'),
    );
    expect(leftovers).toEqual([]);
  }

  /** Nothing was replaced, and all that there was is there. */
  #checkOld(before: Before): void {
    expect(statSync(this.live, { bigint: true }).ino).toBe(before.inode);
    const now = messagesIn(this.live);
    expect([...before.messages].filter((id) => !now.has(id))).toEqual([]);
  }

  /** Everything that must be so after a restart, however it went. */
  async checkStayed(before: Before): Promise<void> {
    await this.#checkServer(before);
    this.#checkOld(before);
  }

  /** Everything that must be so after a restore, however it went: by what is on the disk, not by what the program says. */
  async check(before: Before): Promise<'old' | 'chosen'> {
    await this.#checkServer(before);
    const snapshots = this.sandbox.snapshots('alice');
    const prerestores = this.#prerestores();
    if (dumpWork(this.live) === dumpWork(path.join(snapshots, this.chosen))) {
      expect(prerestores.length).toBeGreaterThan(before.prerestores);
      const [newest] = prerestores;
      const kept = path.join(snapshots, newest?.file ?? '');
      expect(integrityOf(kept)).toBe('ok');
      expect([...before.messages].filter((id) => !messagesIn(kept).has(id))).toEqual([]);
      return 'chosen';
    }
    this.#checkOld(before);
    for (const { file } of prerestores) expect(existsSync(path.join(snapshots, file))).toBe(true);
    return 'old';
  }
}
