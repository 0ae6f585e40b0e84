import type { Fleet } from '../fleet/fleet.ts';
import type { OperationView } from '../operations/follow.ts';
import { eventLimit, type CockpitState, type Mode, type Notice } from './state.ts';

/** Everything that can change the state: what was measured, what was recorded, what was pressed. */
export type Action =
  | { type: 'fleet'; fleet: Fleet }
  | { type: 'operation'; view: OperationView }
  | { type: 'journal problem'; problem: string | undefined }
  | { type: 'tick'; wall: number; tick: number }
  | { type: 'resize'; columns: number; rows: number }
  | { type: 'notice'; notice: Notice | undefined }
  | { type: 'move'; by: number | 'first' | 'last' }
  | { type: 'mode'; mode: Mode }
  | { type: 'leave' };

/** The next state. Pure; the same object when nothing changed. */
export function reduce(state: CockpitState, action: Action): CockpitState {
  switch (action.type) {
    case 'fleet':
      return { ...state, fleet: action.fleet, selected: keepSelection(state, action.fleet) };
    case 'operation':
      return withOperation(state, action.view);
    case 'journal problem':
      return state.journalProblem === action.problem ? state : { ...state, journalProblem: action.problem };
    case 'tick':
      return { ...state, now: { wall: action.wall, tick: action.tick } };
    case 'resize':
      return { ...state, size: { columns: action.columns, rows: action.rows } };
    case 'notice':
      return { ...state, notice: action.notice };
    case 'move':
      return state.mode.kind === 'help'
        ? scrollHelp(state, state.mode, action.by)
        : moveSelection(state, action.by);
    case 'mode':
      return { ...state, mode: action.mode, notice: undefined };
    case 'leave':
      return { ...state, leaving: true };
  }
}

/** The selected user stays selected; one who is gone leaves the selection to whoever has that place now. */
function keepSelection(state: CockpitState, fleet: Fleet): string | undefined {
  const { selected } = state;
  if (selected !== undefined && fleet.instances.some((instance) => instance.user === selected))
    return selected;
  const place = Math.max(
    0,
    state.fleet.instances.findIndex((instance) => instance.user === selected),
  );
  return fleet.instances[Math.min(place, fleet.instances.length - 1)]?.user;
}

function moveSelection(state: CockpitState, by: number | 'first' | 'last'): CockpitState {
  const { instances } = state.fleet;
  if (instances.length === 0) return state;
  const at = instances.findIndex((instance) => instance.user === state.selected);
  const wanted = by === 'first' ? 0 : by === 'last' ? instances.length - 1 : at + by;
  const selected = instances[Math.min(instances.length - 1, Math.max(0, wanted))]?.user;
  return selected === state.selected ? state : { ...state, selected };
}

function scrollHelp(
  state: CockpitState,
  mode: Extract<Mode, { kind: 'help' }>,
  by: number | 'first' | 'last',
): CockpitState {
  // The view clips an offset beyond the end: only it knows how many lines there are.
  const offset = by === 'first' ? 0 : by === 'last' ? Number.MAX_SAFE_INTEGER : Math.max(0, mode.offset + by);
  return offset === mode.offset ? state : { ...state, mode: { ...mode, offset } };
}

function withOperation(state: CockpitState, view: OperationView): CockpitState {
  const same = state.operation?.operation.id === view.operation.id ? state.operation : undefined;
  const events = [...(same?.events ?? []), ...view.events].slice(-eventLimit);
  const operation = { operation: view.operation, steps: view.steps, events, cutOff: view.cutOff };
  // A new operation is what the admin wants to see, also when somebody else started it.
  const mode: Mode =
    same === undefined && state.mode.kind === 'fleet' ? { kind: 'fleet', pane: 'operation' } : state.mode;
  return { ...state, operation, mode };
}
