import type { Fleet } from '../fleet/fleet.ts';
import { automatic } from '../journal/records.ts';
import type { OperationView } from '../operations/follow.ts';
import type { CutOff } from '../operations/recovery.ts';
import { visibleInstances } from './arrange.ts';
import { eventLimit, sorts, type Chronicle, type CockpitState, type Mode, type Notice } from './state.ts';
import { bodyHeight, lengthOf } from './view-models/body.ts';

/** Everything that can change the state: what was measured, what was recorded, what was pressed. */
export type Action =
  | { type: 'fleet'; fleet: Fleet }
  | { type: 'operation'; view: OperationView }
  | { type: 'journal problem'; problem: string | undefined }
  | { type: 'history problem'; problem: string | undefined }
  | { type: 'tick'; wall: number; tick: number }
  | { type: 'resize'; columns: number; rows: number }
  | { type: 'notice'; notice: Notice | undefined }
  | { type: 'move'; by: number | 'first' | 'last' }
  | { type: 'mode'; mode: Mode }
  | { type: 'filter'; filter: string }
  /** The filter that is being typed is given up. */
  | { type: 'take back' }
  | { type: 'sort' }
  | { type: 'cut off'; cutOff: readonly CutOff[] }
  | { type: 'chronicle'; chronicle: Chronicle | undefined }
  | { type: 'leave' };

/** The next state. Pure; the same object when nothing changed. */
export function reduce(state: CockpitState, action: Action): CockpitState {
  switch (action.type) {
    case 'fleet':
      return keepSelection(state, { ...state, fleet: action.fleet });
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
    case 'tick':
      return { ...state, now: { wall: action.wall, tick: action.tick } };
    case 'resize':
      return { ...state, size: { columns: action.columns, rows: action.rows } };
    case 'notice':
      return { ...state, notice: action.notice };
    case 'move':
      return state.mode.kind === 'fleet' || state.mode.kind === 'filter'
        ? moveSelection(state, action.by)
        : scroll(state, state.mode, action.by);
    case 'mode':
      return keepSelection(state, { ...state, mode: action.mode, notice: undefined });
    case 'leave':
      return { ...state, leaving: true };
  }
}

/**
 * The selected user stays selected; one whose row is gone leaves the selection to the nearest row. Whoever is shown
 * wholly stays so whatever becomes of the row: a key must not meet somebody else than the one who is being read about.
 */
function keepSelection(before: CockpitState, state: CockpitState): CockpitState {
  const { selected, mode } = state;
  if (mode.kind === 'detail' && selected !== undefined) return state;
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

function scroll(
  state: CockpitState,
  mode: Extract<Mode, { offset: number }>,
  by: number | 'first' | 'last',
): CockpitState {
  const last = Math.max(0, lengthOf(state) - bodyHeight(state));
  const wanted = by === 'first' ? 0 : by === 'last' ? last : Math.min(mode.offset, last) + by;
  const offset = Math.min(last, Math.max(0, wanted));
  return offset === mode.offset ? state : { ...state, mode: { ...mode, offset } };
}

function withOperation(state: CockpitState, view: OperationView): CockpitState {
  const same = state.operation?.operation.id === view.operation.id ? state.operation : undefined;
  const events = [...(same?.events ?? []), ...view.events].slice(-eventLimit);
  const operation = { operation: view.operation, steps: view.steps, events, cutOff: view.cutOff };
  // A new operation is what the admin wants to see, also when somebody else started it.
  // One that nobody asked for (a probe whose time has come) takes nothing away from what is being looked at.
  const asked = view.operation.actor.surface !== automatic;
  const mode: Mode =
    same === undefined && asked && state.mode.kind === 'fleet'
      ? { kind: 'fleet', pane: 'operation' }
      : state.mode;
  return { ...state, operation, mode };
}
