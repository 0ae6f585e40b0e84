import type { Sqlite } from '../../host/sqlite.ts';
import type { UnitState } from '../../host/units/units.ts';
import type { EventLevel, EventPayload } from '../../journal/records.ts';
import type { Keeper } from '../../snapshots/replacement.ts';
import type { Binaries } from '../../t3/binaries.ts';
import type { Guard, GuardContext } from '../guards/guard.ts';

/** What a step works with. */
export interface StepContext extends GuardContext {
  /** Every version of t3 that is at hand; asked once an operation. */
  binaries: Binaries;
  /** Aborted when somebody asked to stop; a step that must not be cut looks at it only where it may. */
  signal: AbortSignal;
  event(level: EventLevel, payload: EventPayload): void;
  progress(phase: string, done: number, total: number): void;
  /** Write down, durably and before it matters, what undoing this step needs beyond its plan; replaces what was there. */
  remember(undo: unknown): void;
  /** What was written down last, by this runner or by one that died. */
  remembered(): unknown;
  /** What an earlier step of this operation left; undefined when it has not succeeded, or there is none. */
  resultOf(step: string): unknown;
  /** Has this step of the operation begun, however it ended? */
  began(step: string): boolean;
  /** Has this step of the operation been undone? */
  undone(step: string): boolean;
  /** What the steps of one lane hand on to each other while the runner lives. */
  lane: Lane;
}

/** Held from one step of a lane to a later one; let go of when the lane ends, however it does. */
export class Lane {
  readonly #keepers = new Set<Keeper>();
  /**
   * The unit as it was when its server answered after it was started: what came later is held against it. Not in the
   * journal: whoever takes an operation on later finds a server that somebody may have restarted meanwhile.
   */
  started: UnitState | undefined;

  keep(keeper: Keeper): Keeper {
    this.#keepers.add(keeper);
    return keeper;
  }

  /** The processes that hold them. */
  get keepers(): readonly number[] {
    return [...this.#keepers].flatMap(({ pid }) => pid ?? []);
  }

  /** Let go of all databases. */
  async release(): Promise<void> {
    const keepers = [...this.#keepers];
    this.#keepers.clear();
    // One that were forgotten would keep its runner, and with that the host, for ever.
    await Promise.all(keepers.map((keeper) => keeper.release()));
  }
}

/** It turned out, in the middle of a step, that it must not be done: a no, not a failure. */
export class StepRefused extends Error {
  override readonly name = 'StepRefused';
}

/** How a step ended: what to keep of it, and what to commit in the same transaction as its end. */
export interface StepDone {
  result: unknown;
  together?: (db: Sqlite) => void;
  /**
   * Why the step counts as failed although it was done: it looked, and what it found is bad. The finding is recorded
   * like any other result.
   */
  failure?: string;
  /** Of a failure: nothing is taken back for it. */
  stay?: true;
  /** Of a failure: what it found is a no, as a guard's. */
  refused?: true;
}

/**
 * One kind of step. The executor asks the guards, has the step recorded durably as started (all that undoing needs is in
 * the plan), and only then calls `run`. After a failure, in the same runner or in a later one, `recover` makes it as
 * if the step had never begun, or finds that it did happen.
 */
export interface StepKind<Step> {
  guards: readonly Guard<Step>[];
  /** What a request to stop means in the middle of it, in words for the admin. */
  whenStopped: string;
  run(context: StepContext, step: Step): Promise<StepDone>;
  /** @returns how it ended, where it turns out to have happened. Idempotent: it may itself be cut off and run again. */
  recover(context: StepContext, step: Step): Promise<StepDone | undefined>;
  /**
   * Make it as if the step, which succeeded, had never been, because a later one of its lane did not. Idempotent.
   * Absent where there is nothing to undo.
   */
  undo?(context: StepContext, step: Step): Promise<void>;
  /**
   * Is undoing it right as well where nobody knows how far a step after it got? Absent: it is not; what that one laid
   * down may be needed yet.
   */
  undoWhenLost?(context: StepContext, step: Step): boolean;
  /** Is it done as well where a step before it has failed, and nothing is taken back (`StepDone.stay`)? Absent: it is not. */
  followsFailure?(step: Step): boolean;
  /** It stops a server, or replaces a database: an operation that was cut off after it has begun needs a decision. */
  disrupts?: true;
  /** Once the steps before it have been done, it is done as well, also when somebody has asked to stop. */
  mustFollow?: true;
  /** Is what a step did that succeeded still so? A reboot undoes some of them. Absent: it is. */
  holds?(context: StepContext, step: Step): Promise<boolean>;
}
