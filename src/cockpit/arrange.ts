import type { Fleet, Instance } from '../fleet/fleet.ts';
import type { CatalogEntry } from '../snapshots/catalog.ts';
import { valueOf } from '../fleet/observation.ts';
import { newestUsable } from '../snapshots/catalog.ts';
import { pendingCell, type Cell, type Tone } from '../view/cell.ts';
import { columns, type ColumnKey } from '../view/columns.ts';
import { instanceCells, type Seeing } from '../view/instance.ts';
import type { CockpitState, Sort } from './state.ts';

/** The column that an order is about, where there is one. */
export const sortColumn: { [Key in Sort]?: ColumnKey } = {
  name: 'user',
  attention: 'state',
  backup: 'backup',
  size: 'size',
  activity: 'activity',
};

/** Of one fleet the rows stay where they are: an order by ages would move them under the admin's cursor every second. */
const arranged = new WeakMap<Fleet, { filter: string; sort: Sort; instances: readonly Instance[] }>();

/** The rows to show: those that the filter lets through, in the order asked for. */
export function visibleInstances(state: CockpitState): readonly Instance[] {
  const { fleet, filter, sort } = state;
  if (filter === '' && sort === 'map') return fleet.instances;
  const known = arranged.get(fleet);
  if (known?.filter === filter && known.sort === sort) return known.instances;
  const seeing: Seeing = { config: state.config, fleet, wall: state.now.wall, tick: state.now.tick };
  const instances = order(
    fleet.instances.filter((instance) => passes(instance, filter, seeing)),
    sort,
    seeing,
  );
  arranged.set(fleet, { filter, sort, instances });
  return instances;
}

/** Is the selected user among the rows that are shown? */
export const isInSight = (state: CockpitState): boolean =>
  visibleInstances(state).some(({ user }) => user === state.selected);

/**
 * Does a filter let an instance through? Words, all of which must be found in its names, its state, its marks or its
 * probe; `!word` must not be; `column:word` only counts in that column.
 */
export function passes(instance: Instance, filter: string, seeing: Seeing): boolean {
  const words = filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '' && word !== '!');
  if (words.length === 0) return true;
  const cells = instanceCells(instance, seeing);
  const inColumn = (word: string): boolean | undefined => {
    const [, column = '', wanted = ''] = /^([a-z]+):(.+)$/.exec(word) ?? [];
    return isColumn(column) ? cells[column].text.toLowerCase().includes(wanted) : undefined;
  };
  const text = [
    instance.user,
    ...instance.authentik,
    ...(['state', 'runs', 'backup', 'probe', 'activity', 'marks'] as const).map((key) => cells[key].text),
  ]
    .join('\n')
    .toLowerCase();
  const has = (word: string): boolean => inColumn(word) ?? text.includes(word);
  return words.every((word) => (word.startsWith('!') ? !has(word.slice(1)) : has(word)));
}

const columnKeys: ReadonlySet<string> = new Set(columns.map(({ key }) => key));
const isColumn = (name: string): name is ColumnKey => columnKeys.has(name);

const gravity: Record<Tone, number> = {
  danger: 0,
  unknown: 1,
  attention: 2,
  stale: 3,
  busy: 4,
  plain: 5,
  ok: 5,
  muted: 5,
};

/** How much a cell wants to be looked at. What nobody has looked at yet is no better than what could not be told. */
const weight = (each: Cell): number => (each === pendingCell ? gravity.unknown : gravity[each.tone]);

/** What is not known sorts like what needs attention, never like what is fine. The order of the map breaks ties. */
function order(instances: readonly Instance[], sort: Sort, seeing: Seeing): readonly Instance[] {
  switch (sort) {
    case 'map':
      return instances;
    case 'name':
      return instances.toSorted((a, b) => a.user.localeCompare(b.user));
    case 'attention':
      return by(instances, (instance) =>
        Math.min(...Object.values(instanceCells(instance, seeing)).map(weight)),
      );
    case 'backup':
      return by(instances, ({ snapshots }) => {
        const entries = valueOf(snapshots);
        return entries === undefined
          ? Number.NEGATIVE_INFINITY
          : (newestUsable(entries, seeing.wall).any?.takenAt ?? 0);
      });
    case 'size':
      return by(instances, ({ size }) => {
        const known = valueOf(size);
        return known === undefined ? Number.NEGATIVE_INFINITY : -(known.database + known.wal);
      });
    case 'activity':
      return by(instances, ({ state }) => {
        const known = valueOf(state);
        if (known === undefined) return Number.NEGATIVE_INFINITY;
        return known.inFlight > 0 ? -Number.MAX_VALUE : -(known.lastActivity ?? 0);
      });
  }
}

/** Ascending by a number that is computed once each. */
function by(instances: readonly Instance[], weigh: (instance: Instance) => number): readonly Instance[] {
  const weights = new Map(instances.map((instance) => [instance, weigh(instance)]));
  return instances.toSorted((a, b) => {
    const [left = 0, right = 0] = [weights.get(a), weights.get(b)];
    return left === right ? 0 : left < right ? -1 : 1;
  });
}

/** A user's snapshots, newest first; none while they are not known. */
export function snapshotsOf({ fleet }: CockpitState, user: string): readonly CatalogEntry[] {
  const instance = fleet.instances.find((each) => each.user === user);
  return (instance === undefined ? undefined : valueOf(instance.snapshots)) ?? [];
}
