import type { Fleet, Instance } from '../../src/fleet/fleet.ts';
import { known, type Moment } from '../../src/fleet/observation.ts';
import type { UnitState } from '../../src/host/units/units.ts';

const start: Moment = { wall: Date.UTC(2026, 10, 23, 12, 0, 0), tick: 1_000_000 };

export const runningUnit: UnitState = {
  name: 't3-serve@vera.service',
  load: 'loaded',
  active: 'active',
  sub: 'running',
  result: 'success',
  mainPid: 4711,
  exitStatus: undefined,
  since: start.wall - 7_200_000,
  controlGroup: '/system.slice/t3-serve@vera.service',
  restarts: 0,
  memory: 300_000_000,
  tasks: 12,
  startup: 'enabled',
  nextRun: undefined,
  lastRun: undefined,
};

/** An instance of which everything is known and fine, but for what the test says. */
export function instanceOf(user: string, facts: Partial<Instance> = {}, at: Moment = start): Instance {
  return {
    user,
    authentik: [user],
    unitName: `t3-serve@${user}.service`,
    account: known({ name: user, uid: 1000, gid: 1000, home: `/home/${user}` }, at),
    port: known(4100, at),
    mapping: known([{ name: user, leadsTo: { user, port: 4100 } }], at),
    unit: known({ ...runningUnit, name: `t3-serve@${user}.service` }, at),
    liveness: known({ version: '0.0.24', latency: 3.2 }, at),
    size: known({ database: 1_000_000, wal: 500_000 }, at),
    state: known(
      {
        migrations: [{ id: 30, name: 'ProjectionThreadShellArchiveIndexes' }],
        migratedAt: at.wall - 86_400_000,
        inFlight: 0,
        inFlightMoved: null,
        lastActivity: at.wall - 720_000,
      },
      at,
    ),
    snapshots: known([], at),
    probes: known([], at),
    hosting: known({ hosts: false }, at),
    deferral: known(undefined, at),
    ...facts,
  };
}

export function fleetOf(...instances: Instance[]): Fleet {
  return {
    instances,
    installed: known('0.0.24', start),
    launcher: known({ kind: 'none' }, start),
    pins: known({ readings: [], agreed: { kind: 'version', version: '0.0.24' } }, start),
    freeze: known({ frozen: false }, start),
    lastGood: known(undefined, start),
    jobs: known([], start),
    userMap: known([], start),
    dispatchTable: known([], start),
  };
}

export { nothingSeen as unseenFleet } from '../../src/fleet/unseen.ts';
export const startMoment = start;
