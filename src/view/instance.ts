import type { Config } from '../config/schema.ts';
import { startsAs, type Fleet, type Instance } from '../fleet/fleet.ts';
import { valueOf } from '../fleet/observation.ts';
import type { UnitState } from '../host/units/units.ts';
import { fromTheFuture, newestUsable, type CatalogEntry } from '../snapshots/catalog.ts';
import { schemaAhead } from '../t3/levels.ts';
import { schemaLevel, type StateFacts } from '../t3/state-database.ts';
import { cell, factCell, type Cell } from './cell.ts';
import type { ColumnKey } from './columns.ts';
import { ageText, bytesText } from './format.ts';
import { probeCell } from './probe.ts';
import { unitCell } from './unit.ts';

/** How the facts of one instance are said, in the grid and in `status` alike. */

export interface Seeing {
  config: Config;
  fleet: Fleet;
  /** Now, by both clocks, in milliseconds. */
  wall: number;
  tick: number;
}

/** The cells of an instance as they were said last: a key moves the selection over facts that are the same. */
const lastSaid = new WeakMap<Instance, { when: string; cells: Readonly<Record<ColumnKey, Cell>> }>();

export function instanceCells(instance: Instance, seeing: Seeing): Readonly<Record<ColumnKey, Cell>> {
  const { config, fleet, wall, tick } = seeing;
  const when = `${numberOf(config)} ${numberOf(fleet)} ${wall} ${tick}`;
  const last = lastSaid.get(instance);
  if (last?.when === when) return last.cells;
  const cells = cellsOf(instance, seeing);
  lastSaid.set(instance, { when, cells });
  return cells;
}

const numbers = new WeakMap<object, number>();
let given = 0;

/** A number for a value that never changes. To hold the value itself would hold every fleet that there ever was. */
function numberOf(value: object): number {
  const known = numbers.get(value);
  if (known !== undefined) return known;
  numbers.set(value, (given += 1));
  return given;
}

function cellsOf(instance: Instance, seeing: Seeing): Record<ColumnKey, Cell> {
  const { config, tick } = seeing;
  const { cadence } = config;
  const stopped = valueOf(instance.unit) !== undefined && !isUp(valueOf(instance.unit));
  return {
    user: cell(instance.user),
    state: factCell(instance.unit, tick, cadence.units, unitCell),
    up: factCell(instance.unit, tick, cadence.units, (unit) =>
      cell(unit.since === undefined ? '-' : ageText(seeing.wall - unit.since), 'muted'),
    ),
    runs: stopped
      ? cell('-', 'muted')
      : factCell(instance.liveness, tick, cadence.liveness, (live) =>
          versionCell(instance, live.version, seeing),
        ),
    schema: factCell(instance.state, tick, cadence.state, (state) => schemaCell(instance, state)),
    size: factCell(instance.size, tick, cadence.state, ({ database, wal }) =>
      cell(bytesText(database + wal)),
    ),
    backup: factCell(instance.snapshots, tick, cadence.snapshots, (entries) => backupCell(entries, seeing)),
    probe: stopped
      ? cell('-', 'muted')
      : factCell(instance.probes, tick, cadence.state, (standings) => probeCell(standings, seeing)),
    live: stopped
      ? cell('-', 'muted')
      : factCell(instance.liveness, tick, cadence.liveness, ({ latency }) =>
          cell(`${Math.max(1, Math.round(latency))} ms`),
        ),
    activity: factCell(instance.state, tick, cadence.state, (state) => activityCell(state, seeing)),
    marks: marksCell(instance, seeing),
  };
}

function isUp(unit: UnitState | undefined): boolean {
  return unit?.active === 'active' || unit?.active === 'reloading';
}

/** The schema level, and whether somebody has taken it further than the running version understands. */
function schemaCell(instance: Instance, { migrations, migratedAt }: StateFacts): Cell {
  const level = String(schemaLevel(migrations)?.id ?? '?');
  return isAhead(instance, { migrations, migratedAt }) ? cell(`${level} ahead`, 'danger') : cell(level);
}

function isAhead(
  instance: Instance,
  { migrations, migratedAt }: Pick<StateFacts, 'migrations' | 'migratedAt'>,
): boolean {
  const running = valueOf(instance.liveness)?.version;
  const since = valueOf(instance.unit)?.since;
  return running !== undefined && schemaAhead(running, migrations, migratedAt, since) !== undefined;
}

/** The running version, marked where it is not the one that it would be started as, and its pages mint with. */
function versionCell({ user }: Instance, version: string, { fleet }: Seeing): Cell {
  const starts = startsAs(fleet, user);
  return starts === undefined || starts === version ? cell(version) : cell(`${version} ≠`, 'attention');
}

/** The age of the newest snapshot and how far it can be relied on. */
export function backupCell(entries: readonly CatalogEntry[], { config, wall }: Seeing): Cell {
  const { verified, any } = newestUsable(entries, wall);
  if (any === undefined)
    return entries.some((entry) => fromTheFuture(entry, wall))
      ? cell('in the future', 'danger')
      : cell('none', 'danger');
  const newest = verified !== undefined && verified.takenAt === any.takenAt ? verified : any;
  const age = wall - newest.takenAt;
  const quality = newest.standing === 'verified' ? 'verified' : 'unverified';
  if (age > config.snapshots.late) return cell(`${ageText(age)} late`, 'danger');
  return cell(`${ageText(age)} ${quality}`, quality === 'verified' ? 'ok' : 'attention');
}

function activityCell(state: { inFlight: number; lastActivity: number | null }, { wall }: Seeing): Cell {
  if (state.inFlight > 0) return cell(`${state.inFlight} turn${state.inFlight === 1 ? '' : 's'}`, 'busy');
  return state.lastActivity === null
    ? cell('no work yet', 'muted')
    : cell(`idle ${ageText(wall - state.lastActivity)}`, 'muted');
}

function marksCell(instance: Instance, { fleet }: Seeing): Cell {
  const hosting = instance.hosting.kind === 'known' && instance.hosting.value.hosts;
  const state = valueOf(instance.state);
  const ahead = state !== undefined && isAhead(instance, state);
  const marks = [
    // On a narrow screen there is no column for the schema.
    ...(ahead ? ['ahead'] : []),
    ...(hosting
      ? ['hosting']
      : instance.hosting.kind === 'unknown' && instance.unit.kind === 'known'
        ? ['hosting?']
        : []),
    ...versionMarks(instance, fleet),
    ...deferralMarks(instance),
  ];
  return cell(marks.join(' '), ahead ? 'danger' : marks.length > 0 ? 'attention' : 'muted');
}

/** On a narrow screen there is no column for the version: that it is another one has to be seen all the same. */
function versionMarks(instance: Instance, fleet: Fleet): string[] {
  const [running, installed] = [valueOf(instance.liveness)?.version, valueOf(fleet.installed)];
  if (isHeld(instance)) return [`held${running === undefined ? '' : ` ${running}`}`];
  if (running === undefined || installed === undefined || running === installed) return [];
  return [startsAs(fleet, instance.user) === running ? `own ${running}` : `≠${running}`];
}

/** Started as another program than everybody is, until a rollback that is owed is done. */
const isHeld = ({ unit }: Instance) => valueOf(unit)?.heldOn !== undefined;

function deferralMarks(instance: Instance): string[] {
  const owed = valueOf(instance.deferral);
  if (owed === undefined) return [];
  return [`${isHeld(instance) ? 'owed' : 'deferred'}${owed.version === undefined ? '' : ` ${owed.version}`}`];
}
