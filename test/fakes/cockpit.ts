import { loadConfig } from '../../src/config/load.ts';
import { visibleInstances } from '../../src/cockpit/arrange.ts';
import { reduce } from '../../src/cockpit/reducer.ts';
import { initialState, type CockpitState } from '../../src/cockpit/state.ts';
import { glyphsFor } from '../../src/cockpit/glyphs.ts';
import { bodyWindow } from '../../src/cockpit/view-models/body.ts';
import type { Line } from '../../src/cockpit/view-models/line.ts';
import { known, unknown } from '../../src/fleet/observation.ts';
import type { Instance } from '../../src/fleet/fleet.ts';
import type { CatalogEntry } from '../../src/snapshots/catalog.ts';
import { probeResult, type ProbeStanding } from '../../src/t3/verdict.ts';
import { fleetOf, instanceOf, runningUnit, startMoment } from './fleet.ts';

/** A cockpit with four users: two who are well, one who is stopped and backed up late, one of whom hardly anything is known. */

export const { config } = loadConfig();
export const hour = 3_600_000;
export const { wall } = startMoment;

export function stateOf(size = { columns: 100, rows: 30 }, ...instances: Instance[]): CockpitState {
  return reduce(initialState(config, size, startMoment), { type: 'fleet', fleet: fleetOf(...instances) });
}

export const stopped = { ...runningUnit, active: 'inactive', sub: 'dead', controlGroup: undefined };
export const snapshot = (user: string, hours: number): CatalogEntry => ({
  user,
  origin: 'cockpit',
  folder: '/b',
  file: `manual-${user}-${hours}.sqlite`,
  kind: 'manual',
  version: '0.0.24',
  takenAt: wall - hours * hour,
  bytes: 1,
  standing: 'verified',
  record: undefined,
});
export const probed = (
  verdict: ProbeStanding['last']['verdict'],
  hoursAgo = 1,
  about = {},
): ProbeStanding => {
  const last = {
    ...probeResult('direct', verdict, about),
    at: wall - hoursAgo * hour,
    version: '0.0.24',
    operation: 1,
  };
  return { last, since: last.at, lastOk: verdict === 'ok' ? last : undefined };
};

export const alice = instanceOf('alice', {
  authentik: ['alice', 'liddell@example.org'],
  snapshots: known([snapshot('alice', 3)], startMoment),
  probes: known([probed('ok')], startMoment),
  size: known({ database: 10, wal: 0 }, startMoment),
});
export const bob = instanceOf('bob', {
  snapshots: known([snapshot('bob', 1)], startMoment),
  probes: known([probed('ok')], startMoment),
  size: known({ database: 30, wal: 0 }, startMoment),
});
export const carol = instanceOf('carol', {
  unit: known(stopped, startMoment),
  snapshots: known([snapshot('carol', 50)], startMoment),
});
export const dave = instanceOf('dave', {
  snapshots: unknown('the folder is a link', startMoment),
  size: unknown('no state database', startMoment),
  state: unknown('no state database', startMoment),
});
export const four = (size?: CockpitState['size']) => stateOf(size, alice, bob, carol, dave);
export const names = (state: CockpitState) => visibleInstances(state).map(({ user }) => user);
export const textOf = (line: Line) => line.map(({ text }) => text).join('');

/** The lines of whatever text takes the place of the fleet. */
export function windowOf(state: CockpitState): { lines: Line[] } {
  const body = bodyWindow(state, glyphsFor(config, { LANG: 'C.UTF-8' }));
  if (body === undefined) throw new Error('the fleet, not a text');
  return body.kind === 'text' ? body : { lines: [...body.left.lines, ...body.right.lines] };
}
