import type { Config } from '../config/schema.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { nothingSeen } from '../fleet/unseen.ts';
import type { EventRecord, OperationRecord, StepRecord } from '../journal/records.ts';
import type { Tone } from '../view/cell.ts';

/** What the cockpit is showing. One of these, never a heap of flags. */
export type Mode =
  | { kind: 'fleet'; pane: 'instance' | 'operation' }
  /** `offset`: the first line shown. */
  | { kind: 'help'; offset: number; from: 'instance' | 'operation' };

/** The operation that the pane shows: the one that runs, or the last that ran while the cockpit was open. */
export interface ShownOperation {
  operation: OperationRecord;
  steps: readonly StepRecord[];
  /** The newest, oldest first; at most `eventLimit`. */
  events: readonly EventRecord[];
  cutOff: boolean;
}

/** Something said to the admin, at the foot of the screen, until the next one. */
export interface Notice {
  text: string;
  tone: Tone;
}

export interface CockpitState {
  readonly config: Config;
  readonly size: { columns: number; rows: number };
  readonly now: { wall: number; tick: number };
  readonly fleet: Fleet;
  /** By name: the row stays selected when others come and go. */
  readonly selected: string | undefined;
  readonly mode: Mode;
  readonly operation: ShownOperation | undefined;
  /** Why operations cannot be read; undefined while they can, or while there are none. */
  readonly journalProblem: string | undefined;
  readonly notice: Notice | undefined;
  /** Set when the cockpit is to be left. */
  readonly leaving: boolean;
}

/** Events that the pane keeps: more than a screen, and no growth over a day of watching. */
export const eventLimit = 500;

export function initialState(
  config: Config,
  size: CockpitState['size'],
  now: CockpitState['now'],
): CockpitState {
  return {
    config,
    size,
    now,
    fleet: nothingSeen,
    selected: undefined,
    mode: { kind: 'fleet', pane: 'instance' },
    operation: undefined,
    journalProblem: undefined,
    notice: undefined,
    leaving: false,
  };
}

/** Does an operation run now, as far as the journal says? */
export function operationRuns(state: CockpitState): boolean {
  const shown = state.operation;
  return shown !== undefined && shown.operation.state !== 'ended' && !shown.cutOff;
}
