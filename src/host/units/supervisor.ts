import { closeSync, constants, existsSync, openSync, readdirSync, readFileSync } from 'node:fs';
import * as z from 'zod';
import { systemHttp } from '../http.ts';
import { systemWatch } from '../watch.ts';
import { systemFiles } from '../files.ts';
import type { UnitState, Units, UnitVerb } from './units.ts';

/**
 * The sandbox's supervisor speaks HTTP on a Unix socket under the sandbox's root:
 *
 *     GET  /units                                 the states of all units
 *     POST /units/NAME/start | stop | restart     the state afterwards
 *     POST /units/NAME/mask | unmask | reset-failed
 *     POST /units/NAME/terminal                   the socket of a tmux server inside the unit
 *     POST /shutdown                              stop everything and end
 */
export const supervisorSocket = 'run/supervisor.sock';

/** A file under the sandbox's root that the supervisor writes whenever a unit has changed. */
export const changesFile = 'run/units.changed';

const unitState = z.object({
  name: z.string(),
  load: z.string(),
  active: z.string(),
  sub: z.string(),
  result: z.string(),
  mainPid: z.int().optional(),
  exitStatus: z.int().optional(),
  since: z.number().optional(),
  controlGroup: z.string().optional(),
  restarts: z.int().optional(),
  memory: z.number().optional(),
  tasks: z.int().optional(),
  startup: z.string().optional(),
  nextRun: z.number().optional(),
  lastRun: z.number().optional(),
});

/** Its journal, below the sandbox's root: a line of JSON each (host/unit-journal.ts). */
export const supervisorJournal = 'var/log/journal.jsonl';

/** Where a unit of a sandbox writes, below the sandbox's root. */
export const unitLogFile = (unit: string): string => `var/log/${unit}.log`;

/** Where it is written down, below a sandbox's root, that a unit is to start another program: a file a unit. */
export const overridesFolder = 'run/overrides';

/** The supervisor of a sandbox, as a client. */
export interface Supervisor extends Units {
  start(name: string): Promise<UnitState>;
  stop(name: string): Promise<UnitState>;
  restart(name: string): Promise<UnitState>;
  /** A real tmux server that runs inside a unit, and ends with it. @returns its socket */
  terminal(name: string): Promise<string>;
  shutdown(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Connect to the supervisor of the sandbox under `root`.
 *
 * A socket's path may be 107 bytes long (unix(7)) and a sandbox may lie deep: the folder is opened, and the socket
 * addressed through it.
 */
export function supervisorUnits(root: string, timeout: number): Supervisor {
  let folder: number | undefined;
  let http: ReturnType<typeof systemHttp> | undefined;
  const call = async (method: 'GET' | 'POST', path: string, limit = timeout): Promise<unknown> => {
    folder ??= openSync(`${root}/run`, constants.O_RDONLY | constants.O_DIRECTORY);
    http ??= systemHttp(`/proc/self/fd/${folder}/supervisor.sock`);
    const answer = await http.fetch(`http://supervisor${path}`, {
      method,
      timeout: limit,
      maxBody: 16 * 1024 * 1024,
    });
    const body = JSON.parse(answer.body) as unknown;
    if (answer.status !== 200) throw new Error(`the sandbox's supervisor refused: ${answer.body}`);
    return body;
  };
  const act = async (name: string, verb: UnitVerb | 'restart', limit?: number) =>
    withUndefined(unitState.parse(await call('POST', `/units/${encodeURIComponent(name)}/${verb}`, limit)));
  return {
    backend: 'sandbox',
    async show(names) {
      if (names.length === 0) return new Map();
      const states = z.array(unitState).parse(await call('GET', '/units'));
      const held = overrides(root);
      const known = new Map(
        states.map((state) => [state.name, { ...withUndefined(state), ...held.get(state.name) }]),
      );
      return new Map(names.map((name) => [name, known.get(name) ?? notFound(name)]));
    },
    watch(changed) {
      const watch = systemWatch(() => changed(undefined));
      watch.set([`${root}/${changesFile}`]);
      return watch;
    },
    async act(verb, name, limit) {
      try {
        await act(name, verb, limit);
      } catch (error) {
        throw new Error(`${verb} ${name}: ${error instanceof Error ? error.message : String(error)}`, {
          cause: error,
        });
      }
    },
    // The supervisor reads it with the unit's definition (sandbox/supervisor/definitions.ts).
    async override(name, program) {
      const file = `${root}/${overridesFolder}/${name}`;
      if (program === null) await systemFiles.remove(file);
      else await systemFiles.write(file, `${program}\n`);
    },
    start: (name) => act(name, 'start'),
    stop: (name) => act(name, 'stop'),
    restart: (name) => act(name, 'restart'),
    async terminal(name) {
      const answer = await call('POST', `/units/${encodeURIComponent(name)}/terminal`);
      return z.object({ socket: z.string() }).parse(answer).socket;
    },
    async shutdown() {
      await call('POST', '/shutdown');
    },
    async close() {
      await http?.close();
      if (folder !== undefined) closeSync(folder);
      folder = http = undefined;
    },
  };
}

/** Which units are to start another program, and which one. */
function overrides(root: string): Map<string, Pick<UnitState, 'heldOn'>> {
  const folder = `${root}/${overridesFolder}`;
  if (!existsSync(folder)) return new Map();
  return new Map(
    readdirSync(folder).map((name) => [name, { heldOn: readFileSync(`${folder}/${name}`, 'utf8').trim() }]),
  );
}

function notFound(name: string): UnitState {
  return withUndefined({ name, load: 'not-found', active: 'inactive', sub: 'dead', result: 'success' });
}

/** JSON has no undefined: what is absent there is unknown here. */
function withUndefined(state: z.output<typeof unitState>): UnitState {
  return {
    ...state,
    mainPid: state.mainPid,
    exitStatus: state.exitStatus,
    since: state.since,
    controlGroup: state.controlGroup,
    restarts: state.restarts,
    memory: state.memory,
    tasks: state.tasks,
    startup: state.startup,
    nextRun: state.nextRun,
    lastRun: state.lastRun,
  };
}
