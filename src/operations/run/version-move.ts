import type { Ended, Execution, LaneOutcome } from './executor.ts';
import type { Plan } from '../plan.ts';
import { Retreat } from './retreat.ts';
import { Rollout } from './rollout.ts';

/** An operation that moves everybody’s version, forward or back: run as a whole, not lane by lane. */
export interface Moving {
  /** Run it, or go on with it. */
  forward(): Promise<Ended>;
  /** Lead everything to where it was before. @param cause How the part ended that it is for. */
  backward(why: string, cause: LaneOutcome): Promise<Ended>;
  /** It has begun to go to where it was before: there is no other way any more. */
  readonly turned: boolean;
  /** All is done but tidying up: there is no way back any more. */
  readonly settled: boolean;
}

export const movesVersions = ({ kind }: Plan): boolean => kind === 'bump' || kind === 'rollback';

export function prepareMoving(plan: Plan, execution: Execution): Promise<Moving> {
  return plan.kind === 'rollback' ? Retreat.prepare(plan, execution) : Rollout.prepare(plan, execution);
}
