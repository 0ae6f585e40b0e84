import type { Config } from '../config/schema.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { nothingSeen } from '../fleet/unseen.ts';
import type { LogRecord } from '../host/unit-journal/unit-journal.ts';
import type { Change } from '../journal/history.ts';
import type { ScheduleRecord } from '../journal/schedules.ts';
import type { Later } from './later.ts';
import type { UserPart } from '../journal/operations.ts';
import type { EventRecord, OperationRecord, StepRecord } from '../journal/records.ts';
import type { CutOff } from '../operations/cut-off.ts';
import type { Told } from '../operations/happened.ts';
import type { OperationStory } from '../operations/story.ts';
import { lookFor, type Look } from './look.ts';
import type { Diagnosis } from './effects.ts';
import type { Asking, Choice, Comparison, Preview } from './asking.ts';
import type { Tone } from '../view/cell.ts';

/** In which order the rows stand. `map`: as the user map has them. */
export const sorts = ['map', 'name', 'attention', 'backup', 'size', 'activity'] as const;
export type Sort = (typeof sorts)[number];

/** What the cockpit is showing. One of these, never a heap of flags. */
export type Mode =
  | { kind: 'fleet'; pane: 'instance' | 'operation' }
  /** Typing a filter; `before` is what to go back to. */
  | { kind: 'filter'; pane: 'instance' | 'operation'; before: Pick<CockpitState, 'filter' | 'selected'> }
  /** The selected instance, wholly; the overview where no tab is said. */
  | { kind: 'detail'; offset: number; tab?: DetailTab; from: 'instance' | 'operation' }
  /** Typing a command; `at`: which of what it could become. `of`: where it was asked for. */
  | { kind: 'command'; typed: string; at: number; from: 'instance' | 'operation'; of: Mode | undefined }
  /** Expected against found, of everyone. */
  | { kind: 'report'; offset: number; from: 'instance' | 'operation' }
  /** Choosing one of the selected user's snapshots. `at`: the place of `key` in the catalog, newest first. */
  | {
      kind: 'pick';
      user: string;
      at: number;
      /** What stays selected when others come and go, at 03:30 at the latest. */
      key: string | undefined;
      comparison: Comparison | undefined;
      from: 'instance' | 'operation';
    }
  /** Choosing a version to bring to everybody. */
  | {
      kind: 'versions';
      at: number;
      key: string | undefined;
      /** Undefined until the package source has answered. */
      choice: Choice | undefined;
      from: 'instance' | 'operation';
    }
  /** A plan before it is agreed to, by typing its word. */
  | {
      kind: 'plan';
      asking: Asking;
      preview: Preview | undefined;
      typed: string;
      offset: number;
      from: 'instance' | 'operation';
    }
  /** The newest operations; `at`: the place of `key`. */
  | { kind: 'operations'; at: number; key: string | undefined; from: 'instance' | 'operation' }
  /** One operation wholly, running or over: its tree, what it says, or what the gate saw. */
  | {
      kind: 'operation';
      id: number;
      view: OperationView;
      offset: number;
      /** Stay at the end as more comes. */
      follow: boolean;
      /** What is looked for in the output; empty for nothing. */
      search: string;
      /** That is being typed. */
      typing: boolean;
      /** The selected branch of the tree; without one, what moves now is. */
      row?: string;
      /** What was folded and unfolded by hand. */
      folds?: Readonly<Record<string, boolean>>;
      from: 'instance' | 'operation';
      /** Where escape leads back to. */
      back: 'fleet' | 'operations';
    }
  /** What wants the admin; `at`: the place of the finding `key`. */
  | { kind: 'findings'; at: number; key: string | undefined; from: 'instance' | 'operation' }
  /** What is agreed to for later; `at`: the place of `key`. */
  | { kind: 'schedules'; at: number; key: string | undefined; from: 'instance' | 'operation' }
  /** Typing when it is to be done. */
  | { kind: 'when'; what: Later; typed: string; from: 'instance' | 'operation' }
  /** What doctor finds; undefined while it looks. */
  | { kind: 'doctor'; diagnosis: Diagnosis | undefined; offset: number; from: 'instance' | 'operation' }
  /** What happened without the cockpit since somebody last looked; left, it counts as looked at. */
  | { kind: 'happened'; offset: number; from: 'instance' | 'operation' }
  /** `offset`: the first line shown. */
  | { kind: 'help'; offset: number; from: 'instance' | 'operation'; of?: Mode };

/** What of a user is looked at. */
export const detailTabs = ['overview', 'snapshots', 'log', 'operations', 'versions'] as const;
export type DetailTab = (typeof detailTabs)[number];

/** What is looked at of an operation. */
export const operationViews = ['tree', 'output', 'evidence'] as const;
export type OperationView = (typeof operationViews)[number];

/** An operation that was opened: all that the journal has of it, as far as it was read. */
export type OpenedOperation = OperationStory;

/** The operation that the pane shows: the one that runs, or the last that ran while the cockpit was open. */
export interface ShownOperation {
  operation: OperationRecord;
  steps: readonly StepRecord[];
  /** The newest, oldest first; at most `eventLimit`. */
  events: readonly EventRecord[];
  cutOff: boolean;
  /** How fast each step comes on, as far as it was watched from here. */
  paces: Readonly<Record<string, Pace>>;
}

/** Since when a step has been seen in its phase, and how far it was then. */
export interface Pace {
  phase: string;
  at: number;
  done: number;
}

/** One of the newest operations, with what its steps say of undoing it. */
export interface ListedOperation {
  operation: OperationRecord;
  steps: readonly StepRecord[];
}

/** The past of one user: what they took part in, and what changed, newest first. */
export interface Chronicle {
  user: string;
  operations: readonly UserPart[];
  changes: readonly Change[];
}

/** The log of a user's unit, oldest first, while it is looked at; or why it cannot be read. */
export interface ShownLog {
  user: string;
  records: readonly LogRecord[];
  problem: string | undefined;
}

/** Something said to the admin, at the foot of the screen, until the next one. */
export interface Notice {
  text: string;
  tone: Tone;
  /** It only answers a key: the next key takes it away. */
  passing?: true;
}

export interface CockpitState {
  readonly config: Config;
  readonly look: Look;
  readonly size: { columns: number; rows: number };
  readonly now: { wall: number; tick: number };
  readonly fleet: Fleet;
  /** By name: the row stays selected when others come and go. */
  readonly selected: string | undefined;
  /** Whom `B`, `s` and `p` mean, instead of the selected one; in the order in which they were marked. */
  readonly marked: readonly string[];
  /** Words that a row must have; empty for all rows. */
  readonly filter: string;
  readonly sort: Sort;
  readonly mode: Mode;
  readonly operation: ShownOperation | undefined;
  /** What was cut off and is not cleared up: the first thing that is said. */
  readonly cutOff: readonly CutOff[];
  /** The newest operations, while they are listed; newest first. */
  readonly operations: readonly ListedOperation[];
  /** What is, and was, scheduled; newest first. */
  readonly schedules: readonly ScheduleRecord[];
  /** The operation that is looked at wholly, while it is. */
  readonly opened: OpenedOperation | undefined;
  /** What the unit of one user has said, while it is looked at. */
  readonly log: ShownLog | undefined;
  /** What the journal knows of the past of one user, while their detail is shown. */
  readonly chronicle: Chronicle | undefined;
  /** Why operations cannot be read; undefined while they can, or while there are none. */
  readonly journalProblem: string | undefined;
  /** Why what changes cannot be written down; undefined while it can. */
  readonly historyProblem: string | undefined;
  /** What happened without the cockpit; undefined until it was looked at. */
  readonly happened: Told | undefined;
  readonly notice: Notice | undefined;
  /** What has ended and was not looked at since. */
  readonly result: ShownOperation | undefined;
  /** Set when the cockpit is to be left. */
  readonly leaving: boolean;
}

/** Events that the pane keeps: more than a screen, and no growth over a day of watching. */
export const eventLimit = 500;

/** Lines that are kept of a unit's log. */
export const logLimit = 2000;

/** Events that are kept of an operation that was opened: its scrollback. */
export const scrollbackLimit = 5000;

export function initialState(
  config: Config,
  size: CockpitState['size'],
  now: CockpitState['now'],
  look: Look = lookFor(config, {}),
): CockpitState {
  return {
    config,
    look,
    size,
    now,
    fleet: nothingSeen,
    selected: undefined,
    marked: [],
    filter: '',
    sort: 'map',
    mode: { kind: 'fleet', pane: 'instance' },
    operation: undefined,
    cutOff: [],
    operations: [],
    schedules: [],
    opened: undefined,
    log: undefined,
    chronicle: undefined,
    journalProblem: undefined,
    historyProblem: undefined,
    happened: undefined,
    notice: undefined,
    result: undefined,
    leaving: false,
  };
}

/** Does an operation run now, as far as the journal says? */
export function operationRuns(state: CockpitState): boolean {
  const shown = state.operation;
  return shown !== undefined && shown.operation.state !== 'ended' && !shown.cutOff;
}

/** The pane to come back to. */
export function paneOf(mode: Mode): 'instance' | 'operation' {
  return mode.kind === 'fleet' || mode.kind === 'filter' ? mode.pane : mode.from;
}
