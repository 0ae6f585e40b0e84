import type { Fleet } from '../fleet/fleet.ts';
import type { Action } from './actions.ts';
import { snapshotsOf, visibleInstances } from './arrange.ts';
import { offeredIn } from './offered.ts';
import { withOpened, withOperation } from './reduce-operation.ts';
import { logLimit, sorts, type CockpitState, type Mode } from './state.ts';
import { findingsIn } from './view-models/findings.ts';
import { bodyHeight, lengthOf } from './view-models/body.ts';
import { treeIn } from './view-models/opened-tree.ts';

export type { Action } from './actions.ts';

/** The next state. Pure; the same object when nothing changed. */
export function reduce(state: CockpitState, action: Action): CockpitState {
  switch (action.type) {
    case 'fleet':
      return withFleet(state, action.fleet);
    case 'filter':
      return keepSelection(state, { ...state, filter: action.filter });
    case 'take back':
      return takeBack(state);
    case 'sort':
      return { ...state, sort: sorts[(sorts.indexOf(state.sort) + 1) % sorts.length] ?? 'map' };
    case 'cut off':
      return { ...state, cutOff: action.cutOff };
    case 'chronicle':
      return { ...state, chronicle: action.chronicle };
    case 'operation':
      return withOperation(state, action.view);
    case 'journal problem':
      return state.journalProblem === action.problem ? state : { ...state, journalProblem: action.problem };
    case 'history problem':
      return state.historyProblem === action.problem ? state : { ...state, historyProblem: action.problem };
    case 'happened':
      return { ...state, happened: action.told };
    case 'tick':
      return {
        ...(action.fleet === undefined ? state : withFleet(state, action.fleet)),
        now: { wall: action.wall, tick: action.tick },
      };
    case 'resize':
      return { ...state, size: { columns: action.columns, rows: action.rows } };
    case 'notice':
      return { ...state, notice: action.notice };
    case 'move':
      return move(state, action.by);
    case 'mode':
      return anchored(
        keepSelection(state, {
          ...state,
          mode: action.mode,
          notice: undefined,
          opened: action.mode.kind === 'operation' ? state.opened : undefined,
          log: action.mode.kind === 'detail' && action.mode.tab === 'log' ? state.log : undefined,
        }),
      );
    case 'preview':
      return state.mode.kind === 'plan' && state.mode.asking === action.asking
        ? { ...state, mode: { ...state.mode, preview: action.preview } }
        : state;
    case 'comparison':
      return state.mode.kind === 'pick' && state.mode.user === action.comparison.user
        ? { ...state, mode: { ...state.mode, comparison: action.comparison } }
        : state;
    case 'choice':
      return state.mode.kind === 'versions'
        ? anchored({
            ...state,
            mode: {
              ...state.mode,
              choice: action.choice,
              key: 'problem' in action.choice ? undefined : action.choice.tags['latest'],
            },
          })
        : state;
    case 'diagnosis':
      return state.mode.kind === 'doctor'
        ? { ...state, mode: { ...state.mode, diagnosis: action.diagnosis } }
        : state;
    case 'typed':
      return state.mode.kind === 'plan'
        ? { ...state, notice: undefined, mode: { ...state.mode, typed: action.typed } }
        : state;
    case 'operations':
      return anchored({ ...state, operations: action.operations });
    case 'schedules':
      return action.schedules.length === 0 && state.schedules.length === 0
        ? state
        : anchored({ ...state, schedules: action.schedules });
    case 'mark':
      return mark(state);
    case 'mark all': {
      const shown = visibleInstances(state).map(({ user }) => user);
      return { ...state, marked: shown.every((user) => state.marked.includes(user)) ? [] : shown };
    }
    case 'unmark':
      return state.marked.length === 0 ? state : { ...state, marked: [] };
    case 'select':
      return { ...state, selected: action.user };
    case 'order':
      return { ...state, sort: action.sort };
    case 'read':
      return state.result?.operation.id === action.operation ? { ...state, result: undefined } : state;
    case 'log':
      return { ...state, log: action.log };
    case 'log lines':
      return state.log?.user === action.user
        ? {
            ...state,
            log: { ...state.log, records: [...state.log.records, ...action.records].slice(-logLimit) },
          }
        : state;
    case 'opened':
      return withOpened(state, action.story);
    case 'look':
      return { ...state, look: { ...state.look, ...action.look } };
    case 'leave':
      return { ...state, leaving: true };
  }
}

/** An offset beyond everything: as more comes, that is what is seen. */
export const atTheEnd = Number.MAX_SAFE_INTEGER;

/** Modes in which somebody is meant whatever becomes of their row. */
const keepsWhoever: ReadonlySet<Mode['kind']> = new Set(['detail', 'pick', 'findings']);

/**
 * The selected user stays selected; one whose row is gone leaves the selection to the nearest row. Whoever is shown
 * wholly stays so whatever becomes of the row: a key must not meet somebody else than the one who is being read about.
 */
function keepSelection(before: CockpitState, state: CockpitState): CockpitState {
  const { selected, mode } = state;
  if (keepsWhoever.has(mode.kind) && selected !== undefined) return state;
  const visible = visibleInstances(state);
  if (selected !== undefined && visible.some((instance) => instance.user === selected)) return state;
  return {
    ...state,
    selected: nearest(before, new Set(visible.map(({ user }) => user))) ?? visible[0]?.user,
  };
}

/** Of those who are left, the one who stood nearest to the selected one; below rather than above. */
function nearest(before: CockpitState, left: ReadonlySet<string>): string | undefined {
  const rows = visibleInstances(before);
  const at = rows.findIndex((instance) => instance.user === before.selected);
  if (at === -1) return undefined;
  for (let distance = 1; distance < rows.length; distance += 1) {
    for (const row of [rows[at + distance], rows[at - distance]]) {
      if (row !== undefined && left.has(row.user)) return row.user;
    }
  }
  return undefined;
}

const withFleet = (state: CockpitState, fleet: Fleet): CockpitState =>
  anchored(keepSelection(state, keepMarks({ ...state, fleet })));

/** Nobody who is gone stays marked. */
function keepMarks(state: CockpitState): CockpitState {
  if (state.marked.length === 0) return state;
  const there = new Set(state.fleet.instances.map(({ user }) => user));
  return state.marked.every((user) => there.has(user))
    ? state
    : { ...state, marked: state.marked.filter((user) => there.has(user)) };
}

function mark(state: CockpitState): CockpitState {
  const { selected, marked } = state;
  if (selected === undefined) return state;
  const without = marked.filter((user) => user !== selected);
  return moveSelection(
    { ...state, marked: without.length < marked.length ? without : [...marked, selected] },
    1,
  );
}

function takeBack(state: CockpitState): CockpitState {
  const { mode } = state;
  if (mode.kind !== 'filter') return state;
  return keepSelection(state, { ...state, ...mode.before, mode: { kind: 'fleet', pane: mode.pane } });
}

function moveSelection(state: CockpitState, by: number | 'first' | 'last'): CockpitState {
  const instances = visibleInstances(state);
  if (instances.length === 0) return state;
  const at = instances.findIndex((instance) => instance.user === state.selected);
  const wanted = by === 'first' ? 0 : by === 'last' ? instances.length - 1 : at + by;
  const selected = instances[Math.min(instances.length - 1, Math.max(0, wanted))]?.user;
  return selected === state.selected ? state : { ...state, selected };
}

function move(state: CockpitState, by: number | 'first' | 'last'): CockpitState {
  const { mode } = state;
  switch (mode.kind) {
    case 'fleet':
    case 'filter':
      return moveSelection(state, by);
    case 'pick':
    case 'versions':
    case 'findings':
    case 'schedules':
    case 'operations': {
      const keys = keysOf(state, mode);
      const at = within(mode.at, by, keys.length);
      return at === mode.at && keys[at] === mode.key
        ? state
        : meant({ ...state, mode: { ...mode, at, key: keys[at] } });
    }
    case 'command':
    case 'when':
      // Its keys are letters (`Controller`).
      return state;
    case 'operation':
      return mode.view === 'tree' ? moveInTree(state, mode, by) : scroll(state, mode, by);
    default:
      return scroll(state, mode, by);
  }
}

/** To another branch of those in sight; from then on it stays the selected one. */
function moveInTree(
  state: CockpitState,
  mode: Extract<Mode, { kind: 'operation' }>,
  by: number | 'first' | 'last',
): CockpitState {
  const { rows, at } = treeIn(state, mode);
  const row = rows[within(at, by, rows.length)]?.branch.key;
  return row === undefined || row === mode.row || row === rows[at]?.branch.key
    ? state
    : { ...state, mode: { ...mode, row } };
}

type Listing = Extract<Mode, { at: number; key: string | undefined }>;

/** What is listed, by what identifies each. */
function keysOf(state: CockpitState, mode: Listing): string[] {
  switch (mode.kind) {
    case 'pick':
      return snapshotsOf(state, mode.user).map(({ folder, file }) => `${folder}/${file}`);
    case 'versions':
      return offeredIn(mode);
    case 'operations':
      return state.operations.map(({ operation }) => String(operation.id));
    case 'schedules':
      return state.schedules.map(({ id }) => String(id));
    case 'findings':
      return findingsIn(state).map(({ key }) => key);
  }
}

/** The selected entry of a list stays selected when others come and go: `enter` must not meet another one. */
function anchored(state: CockpitState): CockpitState {
  const { mode } = state;
  if (!('key' in mode)) return state;
  const keys = keysOf(state, mode);
  const found = mode.key === undefined ? -1 : keys.indexOf(mode.key);
  const at = found === -1 ? within(mode.at, 0, keys.length) : found;
  return at === mode.at && keys[at] === mode.key
    ? meant(state)
    : meant({ ...state, mode: { ...mode, at, key: keys[at] } });
}

/** Whoever the selected finding is about is selected: its keys are meant for them. */
function meant(state: CockpitState): CockpitState {
  const { mode } = state;
  if (mode.kind !== 'findings') return state;
  const user = findingsIn(state)[mode.at]?.users[0];
  return user === undefined || user === state.selected ? state : { ...state, selected: user };
}

/** A place in a list of so many. */
function within(at: number, by: number | 'first' | 'last', length: number): number {
  const wanted = by === 'first' ? 0 : by === 'last' ? length - 1 : at + by;
  return Math.max(0, Math.min(length - 1, wanted));
}

function scroll(
  state: CockpitState,
  mode: Extract<Mode, { offset: number }>,
  by: number | 'first' | 'last',
): CockpitState {
  const last = Math.max(0, lengthOf(state) - bodyHeight(state));
  const at = mode.kind === 'operation' && mode.follow ? last : Math.min(mode.offset, last);
  const wanted = by === 'first' ? 0 : by === 'last' ? last : at + by;
  const offset = Math.min(last, Math.max(0, wanted));
  // At the end of what is being said, one wants to see what is said next.
  if (mode.kind === 'operation') {
    const follow = mode.view === 'output' && offset === last;
    // Where it is at the end already, the offset only says so.
    return follow === mode.follow && (follow || offset === mode.offset)
      ? state
      : { ...state, mode: { ...mode, offset, follow } };
  }
  // The place is the same, whether it is meant as the end or not.
  if (mode.kind === 'detail' && mode.tab === 'log' && offset === at && mode.offset >= last) return state;
  const stays = mode.kind === 'detail' && mode.tab === 'log' && offset === last ? atTheEnd : offset;
  return stays === mode.offset ? state : { ...state, mode: { ...mode, offset: stays } };
}
