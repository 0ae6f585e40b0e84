import type { Config } from '../src/config/schema.ts';
import type { CommandOptions, CommandResult } from '../src/host/commands.ts';
import type { FileFacts } from '../src/host/files.ts';
import type { Host } from '../src/host/host.ts';
import { systemClock } from '../src/host/clock.ts';
import { systemProcesses } from '../src/host/processes.ts';
import type { UnitState } from '../src/host/units/units.ts';
import type { Task } from '../src/fleet/reader/protocol.ts';

/**
 * A simulation: what a real host with a few users answered once, given for as many users as one likes. It costs what we
 * do with the answers, and nothing of what the machine does to give them.
 *
 * @param busy The share of users whose database has changed whenever it is looked at.
 */
export function recordedHost(users: number, config: Config, busy: number): Host {
  const names = Array.from({ length: users }, (_, index) => `user${index}`);
  const started = Date.now();
  let looks = 0;
  const facts = (fingerprint: string, kind: FileFacts['kind'] = 'file'): FileFacts => ({
    kind,
    size: 200_000_000,
    modified: started,
    inode: 1n,
    device: 1n,
    uid: 1000,
    mode: 0o600,
    fingerprint,
  });
  const unit = (name: string): UnitState => ({
    name,
    load: 'loaded',
    // The host's own jobs wait for their time.
    active: name.startsWith('t3-serve@') || name.endsWith('.timer') ? 'active' : 'inactive',
    sub: name.startsWith('t3-serve@') ? 'running' : name.endsWith('.timer') ? 'waiting' : 'dead',
    result: 'success',
    mainPid: 4711,
    exitStatus: undefined,
    since: started - 3_600_000,
    controlGroup: `/system.slice/${name}`,
    restarts: 0,
    memory: 300_000_000 + (looks += 1),
    tasks: 12,
    startup: 'enabled',
    nextRun: undefined,
    lastRun: undefined,
  });
  const texts = new Map([
    [config.paths.userMap, names.map((name) => `${name}=${name}`).join('\n')],
    [
      config.paths.dispatchTable,
      JSON.stringify(
        Object.fromEntries(names.map((name, index) => [name, { os_user: name, port: 4000 + index }])),
      ),
    ],
  ]);
  return {
    clock: systemClock,
    processes: systemProcesses,
    // Whoever listens is the user whose port it is.
    sockets: { listeners: () => Promise.resolve([]), answering: () => Promise.resolve([1000]) },
    accounts: {
      byName: (asked: readonly string[]) =>
        Promise.resolve(
          new Map(asked.map((name) => [name, { name, uid: 1000, gid: 1000, home: `/home/${name}` }])),
        ),
    },
    files: {
      look: (file: string) => {
        const user = /user(\d+)/.exec(file)?.[1];
        const { freeze, lastGood, chosen } = config.paths;
        if ([freeze, lastGood].includes(file) || file.includes('/deferred/') || file.startsWith(chosen))
          return Promise.resolve(undefined);
        const changes = user !== undefined && Number(user) < users * busy && file.endsWith('-wal');
        return Promise.resolve(facts(changes ? String((looks += 1)) : 'same', 'file'));
      },
      lookThrough: () => Promise.resolve(facts('binary')),
      read: (file: string) => {
        const port = /user(\d+)\.env$/.exec(file)?.[1];
        return Promise.resolve(texts.get(file) ?? `T3_PORT=${4000 + Number(port)}\n`);
      },
      ensureFolderFor: () => Promise.reject(new Error('a recording changes nothing')),
      free: () => Promise.resolve(10 ** 12),
    },
    http: {
      fetch: () =>
        Promise.resolve({
          status: 200,
          headers: {},
          body: '{"environmentId":"x","label":"host","platform":{"os":"linux"},"serverVersion":"0.0.24","capabilities":{}}',
          took: 3,
        }),
      close: () => Promise.resolve(),
    },
    units: {
      backend: 'systemd',
      show: (asked: readonly string[]) => Promise.resolve(new Map(asked.map((name) => [name, unit(name)]))),
      watch: () => ({ close: () => Promise.resolve() }),
    },
    commands: {
      run: (argv: readonly string[], options: CommandOptions) => Promise.resolve(answer(argv, options.input)),
      follow: () => ({ ended: Promise.resolve(), stop: () => undefined }),
    },
    runners: {
      launch: () => Promise.reject(new Error('a recording runs nothing')),
      here: () => ({ kind: 'group', group: 1 }),
      lives: () => Promise.resolve(false),
    },
    watch: () => ({ set: () => undefined, close: () => Promise.resolve() }),
    close: () => Promise.resolve(),
  } as unknown as Host;
}

/** What a reader of a real database printed, and `t3 --version`. */
function answer(argv: readonly string[], input: string | undefined): CommandResult {
  const tasks = input === undefined ? [] : (JSON.parse(input) as Task[]);
  const answers = tasks.map((task) => {
    switch (task.task) {
      case 'state':
        return {
          facts: {
            migrations: Array.from({ length: 30 }, (_, index) => ({
              id: index + 1,
              name: `Migration${index}`,
            })),
            migratedAt: 1_790_000_000_000,
            inFlight: 0,
            inFlightMoved: null,
            lastActivity: 1_795_000_000_000,
          },
        };
      case 'folder':
        return {
          facts: {
            host: Array.from({ length: 6 }, (_, index) => ({
              name: `state-2026112${index}-033000.sqlite`,
              bytes: 200_000_000,
              modified: 0,
            })),
            own: [],
          },
        };
      case 'text':
        return { facts: 'T3_PIN="${T3_PIN:-0.0.24}"' };
    }
  });
  return {
    argv,
    exitCode: 0,
    signal: undefined,
    stdout: tasks.length === 0 ? 't3 v0.0.24\n' : JSON.stringify({ answers, cpu: 30 }),
    stderr: '',
    failure: undefined,
    took: 30,
  };
}
