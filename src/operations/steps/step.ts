import type { Sqlite } from '../../host/sqlite.ts';
import type { EventLevel, EventPayload } from '../../journal/records.ts';
import type { Guard, GuardContext } from '../guards/guard.ts';

/** What a step works with. */
export interface StepContext extends GuardContext {
  operation: number;
  /** Aborted when somebody asked to stop; a step that must not be cut looks at it only where it may. */
  signal: AbortSignal;
  event(level: EventLevel, payload: EventPayload): void;
  progress(phase: string, done: number, total: number): void;
}

/** How a step ended well: what to keep of it, and what to commit in the same transaction as its end. */
export interface StepDone {
  result: unknown;
  together?: (db: Sqlite) => void;
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
}
