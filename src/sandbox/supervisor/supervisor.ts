import { openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { http } from '../../host/node-http.ts';
import { changesFile } from '../../host/units/supervisor.ts';
import { hostJobs, readJobs } from '../jobs/definitions.ts';
import { layoutOf, type Layout } from '../layout.ts';
import { readMark, type Mark } from '../mark.ts';
import { census, controlGroup, processesIn, signalAll } from './control-group.ts';
import { definitionOf } from './definitions.ts';
import { supervisorJournalOf } from './journal.ts';
import { openTerminal } from './terminal.ts';
import { Timer } from './timer.ts';
import { Unit, type UnitDefinition } from './unit.ts';

/**
 * The supervisor of a sandbox: runs a unit for every environment file, as a template unit does, and the dispatch; and
 * answers on a Unix socket (src/host/units/supervisor.ts has the protocol).
 */
export class Supervisor {
  readonly #layout: Layout;
  readonly #mark: Mark;
  readonly #units = new Map<string, Unit>();
  readonly #timers = new Map<string, Timer>();
  readonly #tell: ReturnType<typeof supervisorJournalOf>;
  readonly #server: Server;
  #changes = 0;
  #ending: Promise<void> | undefined;

  constructor(root: string) {
    this.#layout = layoutOf(root);
    this.#mark = readMark(this.#layout);
    this.#tell = supervisorJournalOf(this.#layout);
    this.#schedule();
    this.#server = http.createServer((request, response) => {
      void this.#answer(request.method ?? '', new URL(request.url ?? '/', 'http://supervisor').pathname)
        .catch((error: unknown): [number, unknown] => [500, { error: String(error) }])
        .then(([status, body]) => {
          response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
        });
    });
  }

  /** Listen. The socket is addressed through its folder: a sandbox may lie deeper than a socket's path may be long. */
  async listen(): Promise<void> {
    rmSync(`${this.#layout.run}/supervisor.sock`, { force: true });
    const folder = openSync(this.#layout.run, 'r');
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(`/proc/self/fd/${folder}/supervisor.sock`, resolve);
    });
  }

  /** Stop every unit, and what may be left of an earlier supervisor of this sandbox. */
  shutdown(): Promise<void> {
    return (this.#ending ??= (async () => {
      for (const timer of this.#timers.values()) timer.stop();
      await Promise.all([...this.#units.values()].map((unit) => unit.stop()));
      signalAll(processesIn(controlGroup(this.#mark.id, '').replace(/\/$/, '')), 'SIGKILL');
      this.#server.closeAllConnections();
      this.#server.close();
    })());
  }

  async #answer(method: string, path: string): Promise<[number, unknown]> {
    const [, verb, name = '', action = ''] = path.split('/').map(decodeURIComponent);
    if (method === 'GET' && verb === 'units') {
      const groups = census();
      return [
        200,
        [
          ...this.#names().map((each) => this.#unit(each)?.state(groups)),
          ...[...this.#timers.values()].map(({ state }) => state),
        ],
      ];
    }
    if (method === 'POST' && verb === 'shutdown') {
      await this.shutdown();
      return [200, {}];
    }
    const timer = method === 'POST' && verb === 'units' ? this.#timers.get(name) : undefined;
    if (timer !== undefined) return actOnTimer(timer, name, action);
    const unit = method === 'POST' && verb === 'units' ? this.#unit(name) : undefined;
    const definition = this.#definition(name);
    if (unit === undefined || definition === undefined)
      return [404, { error: `no such unit or request: ${method} ${path}` }];
    switch (action) {
      case 'start':
        if (unit.masked) return [409, { error: `Unit ${name} is masked.` }];
        await unit.settled();
        unit.start(definition);
        if (!unit.oneshot) return [200, unit.state()];
        await unit.ended();
        return unit.state().active === 'failed'
          ? [409, { error: `Job for ${name} failed (${unit.state().result}).` }]
          : [200, unit.state()];
      case 'mask':
      case 'unmask':
        unit.mask(action === 'mask');
        return [200, unit.state()];
      case 'reset-failed':
        unit.resetFailed();
        return [200, unit.state()];
      case 'stop':
        await unit.stop();
        return [200, unit.state()];
      case 'terminal':
        if (unit.state().mainPid === undefined) return [409, { error: `Unit ${name} does not run.` }];
        return [200, { socket: await openTerminal(this.#layout, definition) }];
      case 'restart':
        if (unit.masked) return [409, { error: `Unit ${name} is masked.` }];
        await unit.stop();
        unit.start(definition);
        return [200, unit.state()];
      default:
        return [404, { error: `no such action: ${action}` }];
    }
  }

  /** Every environment file makes an instance of the template; what runs stays known when its file goes. */
  #names(): string[] {
    const configured = readdirSync(this.#layout.serveFolder)
      .filter((file) => file.endsWith('.env'))
      .map((file) => `t3-serve@${file.slice(0, -'.env'.length)}.service`);
    const jobs = [...readJobs(this.#layout).keys()].map((job) => `${job}.service`);
    return [...new Set([...configured, ...jobs, ...this.#units.keys()])];
  }

  /** The timers of the host's own jobs; those that are enabled wait from the start on. */
  #schedule(): void {
    for (const [job, { scheduled }] of readJobs(this.#layout)) {
      const schedule = hostJobs[job]?.schedule;
      if (schedule === undefined) continue;
      const name = `${job}.timer`;
      const startup = scheduled ? 'enabled' : 'disabled';
      const timer = new Timer(
        { name, schedule, startup },
        () => this.#elapsed(`${job}.service`),
        () => this.#announce(),
      );
      this.#timers.set(name, timer);
      if (scheduled) timer.start();
    }
  }

  #elapsed(service: string): void {
    const [unit, definition] = [this.#unit(service), this.#definition(service)];
    if (unit !== undefined && definition !== undefined && !unit.masked) unit.start(definition);
  }

  #unit(name: string): Unit | undefined {
    const known = this.#units.get(name);
    if (known !== undefined) return known;
    const definition = this.#definition(name);
    if (definition === undefined) return undefined;
    const unit = new Unit(
      definition,
      () => this.#announce(),
      () => this.#definition(name),
      this.#tell,
    );
    this.#units.set(name, unit);
    return unit;
  }

  /** Whoever watches sees the file change. */
  #announce(): void {
    writeFileSync(`${this.#layout.root}/${changesFile}`, `${(this.#changes += 1)}\n`);
  }

  #definition(name: string): UnitDefinition | undefined {
    return definitionOf(this.#layout, this.#mark, name);
  }
}

function actOnTimer(timer: Timer, name: string, action: string): [number, unknown] {
  switch (action) {
    case 'start':
      if (timer.masked) return [409, { error: `Unit ${name} is masked.` }];
      timer.start();
      return [200, timer.state];
    case 'stop':
      timer.stop();
      return [200, timer.state];
    case 'mask':
    case 'unmask':
      timer.mask(action === 'mask');
      return [200, timer.state];
    case 'enable':
    case 'disable':
      timer.enable(action === 'enable');
      return [200, timer.state];
    case 'reset-failed':
      return [200, timer.state];
    default:
      return [404, { error: `no such action: ${action}` }];
  }
}
