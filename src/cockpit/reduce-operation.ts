import { automatic, type StepRecord } from '../journal/records.ts';
import type { OperationView } from '../operations/follow.ts';
import type { OperationStory } from '../operations/story.ts';
import {
  eventLimit,
  scrollbackLimit,
  type CockpitState,
  type Mode,
  type Pace,
  type ShownOperation,
} from './state.ts';

/** What the journal says of the newest operation, with what it said before. */
export function withOperation(state: CockpitState, view: OperationView): CockpitState {
  const same = state.operation?.operation.id === view.operation.id ? state.operation : undefined;
  const events = [...(same?.events ?? []), ...view.events].slice(-eventLimit);
  const operation = {
    operation: view.operation,
    steps: view.steps,
    events,
    cutOff: view.cutOff,
    paces: pacesOf(view.steps, same?.paces ?? {}),
  };
  // A new operation is what the admin wants to see, also when somebody else started it.
  // One that nobody asked for (a probe whose time has come) takes nothing away from what is being looked at.
  const asked = view.operation.actor.surface !== automatic;
  const mode: Mode =
    same === undefined && asked && state.mode.kind === 'fleet'
      ? { kind: 'fleet', pane: 'operation' }
      : state.mode;
  // What has ended is said until somebody has looked at it; one that was under way hides nothing that ends meanwhile.
  const ended = asked && view.operation.state === 'ended' && same?.operation.state !== 'ended';
  const looking = state.mode.kind === 'operation' && state.mode.id === view.operation.id;
  return {
    ...state,
    operation,
    mode,
    ...(ended && !looking ? { result: operation, notice: undefined } : {}),
    ...(same === undefined && !ended ? { result: undefined } : {}),
  };
}

/** Where each step was when it was first seen in its phase: what it has done since tells how fast it is. */
function pacesOf(steps: readonly StepRecord[], before: ShownOperation['paces']): ShownOperation['paces'] {
  const moving = steps.flatMap(({ id, state, progress }): [string, Pace][] => {
    if (state !== 'started' || progress === undefined) return [];
    const { [id]: known } = before;
    const { phase, at, done } = progress;
    return [[id, known?.phase === phase && known.done <= done ? known : { phase, at, done }]];
  });
  return Object.fromEntries(moving);
}

/** More of the operation that is looked at; of another one, that one. */
export function withOpened(state: CockpitState, story: OperationStory): CockpitState {
  const { mode, opened } = state;
  if (mode.kind !== 'operation' || mode.id !== story.operation.id) return state;
  if (opened?.operation.id !== story.operation.id) return { ...state, opened: story };
  const events = [...opened.events, ...story.events];
  const over = Math.max(0, events.length - scrollbackLimit);
  return {
    ...state,
    opened: { ...story, events: events.slice(over), missed: opened.missed + over },
  };
}
