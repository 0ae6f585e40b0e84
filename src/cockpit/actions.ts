import type { Fleet } from '../fleet/fleet.ts';
import type { LogRecord } from '../host/unit-journal/unit-journal.ts';
import type { ScheduleRecord } from '../journal/schedules.ts';
import type { CutOff } from '../operations/cut-off.ts';
import type { OperationView } from '../operations/follow.ts';
import type { Told } from '../operations/happened.ts';
import type { OperationStory } from '../operations/story.ts';
import type { Diagnosis } from './effects.ts';
import type { Asking, Choice, Comparison, Preview } from './asking.ts';
import type { Look } from './look.ts';
import type { Chronicle, ListedOperation, Mode, Notice, ShownLog, Sort } from './state.ts';

/** Everything that can change the state: what was measured, what was recorded, what was pressed. */
export type Action =
  | { type: 'fleet'; fleet: Fleet }
  | { type: 'operation'; view: OperationView }
  | { type: 'journal problem'; problem: string | undefined }
  | { type: 'history problem'; problem: string | undefined }
  /** What happened without the cockpit; undefined once somebody has read it. */
  | { type: 'happened'; told: Told | undefined }
  /** With the fleet where it was measured since it was last shown. */
  | { type: 'tick'; wall: number; tick: number; fleet?: Fleet }
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
  /** A dry run has answered; it counts only while that plan is still being looked at. */
  | { type: 'preview'; asking: Asking; preview: Preview }
  | { type: 'comparison'; comparison: Comparison }
  /** The package source has answered. */
  | { type: 'choice'; choice: Choice }
  /** Doctor has answered. */
  | { type: 'diagnosis'; diagnosis: Diagnosis }
  /** What has been typed to agree to a plan. */
  | { type: 'typed'; typed: string }
  | { type: 'operations'; operations: readonly ListedOperation[] }
  | { type: 'schedules'; schedules: readonly ScheduleRecord[] }
  /** What has come of the operation that is looked at: its events are only those that are new. */
  | { type: 'opened'; story: OperationStory }
  /** The selected user is marked, or not any more; and the next one is selected. */
  | { type: 'mark' }
  /** Everybody who is shown is marked; or nobody, where they all were. */
  | { type: 'mark all' }
  | { type: 'unmark' }
  | { type: 'select'; user: string }
  | { type: 'order'; sort: Sort }
  /** What became of an operation was looked at. */
  | { type: 'read'; operation: number }
  | { type: 'log'; log: ShownLog }
  /** What the unit has said since. */
  | { type: 'log lines'; user: string; records: readonly LogRecord[] }
  | { type: 'look'; look: Partial<Look> }
  | { type: 'leave' };
