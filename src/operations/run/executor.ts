import pLimit from 'p-limit';
import type { Config } from '../../config/schema.ts';
import type { Host } from '../../host/host.ts';
import { readSteps } from '../../journal/operations.ts';
import type { Outcome } from '../../journal/records.ts';
import type { Recorder } from '../../journal/recorder.ts';
import { SpaceLedger } from '../../snapshots/space.ts';
import type { Binaries } from '../../t3/binaries.ts';
import { excerpt } from '../../text/printable.ts';
import { accountsOf, type AccountOf } from './accounts.ts';
import { ask, type GuardContext } from '../guards/guard.ts';
import type { Plan, Step } from '../plan.ts';
import { stepKind } from '../steps/index.ts';
import { Lane, StepRefused, type StepContext, type StepDone } from '../steps/step.ts';

export interface Execution {
  host: Host;
  config: Config;
  recorder: Recorder;
  binaries: Binaries;
  /** Aborted when the operation is asked to stop. */
  signal: AbortSignal;
}

export type LaneOutcome = Outcome;

/** How an operation ended, and why. */
export interface Ended {
  outcome: Outcome;
  reason: string | undefined;
}

/** How one step ended, and whether that leaves everything as it is. */
interface StepEnd {
  outcome: Extract<Outcome, 'succeeded' | 'failed' | 'refused' | 'interrupted'>;
  stay?: boolean;
  /** Nobody knows how far it got: nothing before it may be undone. */
  stuck?: boolean;
}

/** The steps of one lane, with all that they share. */
export interface LaneRun {
  steps: readonly Step[];
  independent: boolean;
  accountOf: AccountOf;
  space: SpaceLedger;
  lane: Lane;
  execution: Execution;
  /** Leave it as it is when it fails: somebody else takes it back, with others (rollout.ts). */
  leave?: true;
}

/**
 * Execute a plan: lanes in parallel within its bound, each lane's steps in order. One lane's failure is its own. The
 * only place where steps run, and so the place of the guards.
 */
export async function execute(plan: Plan, execution: Execution): Promise<Ended> {
  const accountOf = await accountsOf(plan, execution.host);
  const space = new SpaceLedger();
  const limit = pLimit(plan.parallel);
  const outcomes = await Promise.all(
    plan.lanes.map(({ steps, independent = false }) =>
      limit(async () => {
        const nobody = steps.find((step) => accountOf(step) === undefined);
        if (nobody !== undefined) return refuseLane(nobody, execution);
        return runLane({ steps, independent, accountOf, space, lane: new Lane(), execution });
      }),
    ),
  );
  const verdict = judge(outcomes, execution.signal.aborted);
  const reason = ofTheHost(plan) ? whyNot(execution.recorder) : undefined;
  return { ...verdict, reason: reason ?? verdict.reason };
}

/** Is it about the host, and not about some of its users? */
const ofTheHost = (plan: Plan) => plan.lanes.length === 1 && plan.lanes[0]?.user === null;

/** Why the first step did not succeed that did not. */
function whyNot(recorder: Recorder): string | undefined {
  return readSteps(recorder.durable, recorder.operation).find((step) => step.reason !== undefined)?.reason;
}

function refuseLane(step: Step, { recorder }: Execution): LaneOutcome {
  recorder.stepEnded(step, { state: 'refused', reason: `no such OS user: ${step.user}` });
  return 'refused';
}

/**
 * Run the steps of a lane that have not been done, in order. When one of them does not succeed, those before it are
 * undone, the last first: a lane ends as it was planned, or as if it had never begun.
 *
 * @param done Those that an earlier runner has done.
 */
export async function runLane(run: LaneRun, done: readonly Step[] = []): Promise<LaneOutcome> {
  const { steps, independent, execution, lane } = run;
  const behind = [...done];
  let worst: LaneOutcome = 'succeeded';
  try {
    for (const step of steps.slice(done.length)) {
      const follows = stepKind(step).mustFollow === true && behind.length > 0;
      const { outcome, stay, stuck } =
        execution.signal.aborted && !follows ? notBegun(step, execution) : await runStep(step, run);
      if (outcome === 'succeeded') {
        behind.push(step);
        continue;
      }
      if (independent && outcome !== 'interrupted') {
        if (worst !== 'failed') worst = outcome;
        continue;
      }
      if (run.leave === true) return outcome;
      if (stay !== true) return await goBack(run, behind, outcome, stuck);
      for (const later of steps.slice(steps.indexOf(step) + 1))
        if (stepKind(later).followsFailure?.(later) === true) await runStep(later, run);
      return outcome;
    }
    return worst;
  } finally {
    await lane.release();
  }
}

function notBegun(step: Step, { recorder }: Execution): StepEnd {
  recorder.stepEnded(step, { state: 'interrupted', reason: 'stopped before it began' });
  return { outcome: 'interrupted' };
}

/**
 * Undo steps, the last first. One that cannot be undone ends that, for what came before it may rely on it, but for those
 * of which that does not matter (`undoWhenLost`).
 *
 * @param lost Nobody knows how far the step after them got.
 * @returns what that makes of a lane that ended so.
 */
export async function goBack(
  run: LaneRun,
  behind: readonly Step[],
  outcome: LaneOutcome,
  lost = false,
): Promise<LaneOutcome> {
  const { recorder } = run.execution;
  let stuck = lost;
  let disrupted = false;
  for (const step of behind.toReversed()) {
    const kind = stepKind(step);
    const context = contextOf(step, run, undoOf(step, recorder));
    if (kind.undo === undefined || (stuck && kind.undoWhenLost?.(context, step) !== true)) continue;
    try {
      await kind.undo(context, step);
      recorder.stepEnded(step, { state: 'undone', result: resultOf(step.id, recorder) });
      disrupted ||= kind.disrupts === true;
    } catch (error) {
      stuck = true;
      recorder.stepEnded(step, {
        state: 'failed',
        result: resultOf(step.id, recorder),
        reason: `it could not be undone: ${wordsOf(error)}`,
      });
    }
  }
  if (stuck) return 'failed';
  return disrupted && outcome === 'failed' ? 'rolled back' : outcome;
}

async function runStep(step: Step, run: LaneRun): Promise<StepEnd> {
  const { recorder, signal } = run.execution;
  const context = contextOf(step, run);
  const kind = stepKind(step);
  try {
    for (const guard of kind.guards) {
      const verdict = await ask(guard, context, step);
      if (!verdict.holds) {
        recorder.stepEnded(step, { state: 'refused', reason: verdict.reason });
        return { outcome: 'refused' };
      }
    }
    recorder.stepStarted(step);
    try {
      return recordDone(step, recorder, await kind.run(context, step));
    } catch (error) {
      const stopped = signal.aborted && kind.mustFollow !== true;
      const state = error instanceof StepRefused ? 'refused' : stopped ? 'interrupted' : 'failed';
      return await recoverStep(step, context, recorder, state, wordsOf(error));
    }
  } finally {
    context.space.release(step.id);
    context.space.release(`${step.id}/kept`);
  }
}

/**
 * Make it as if a step that was cut off had never begun, and record how it ended; or that it did happen. Used by the
 * runner that saw it fail, and by a later one that finds it begun.
 */
export async function recoverStep(
  step: Step,
  context: StepContext,
  recorder: Recorder,
  state: 'failed' | 'interrupted' | 'refused',
  reason: string,
): Promise<StepEnd> {
  try {
    const done = await stepKind(step).recover(context, step);
    if (done === undefined) {
      recorder.stepEnded(step, { state, reason });
      return { outcome: state };
    }
    return recordDone(step, recorder, done);
  } catch (error) {
    recorder.stepEnded(step, {
      state: 'failed',
      reason: `${reason}; and clearing up after it failed: ${wordsOf(error)}`,
    });
    return { outcome: 'failed', stuck: true };
  }
}

function recordDone(step: Step, recorder: Recorder, done: StepDone): StepEnd {
  const { result, together, failure, stay, refused } = done;
  if (failure === undefined) {
    recorder.stepEnded(step, { state: 'succeeded', result }, together);
    return { outcome: 'succeeded' };
  }
  const state = refused === true ? 'refused' : 'failed';
  recorder.stepEnded(step, { state, result, reason: failure }, together);
  return { outcome: state, ...(stay === undefined ? {} : { stay }) };
}

/**
 * The context of one step; also for recovering it, when nothing can stop it any more.
 *
 * @param undo What an earlier runner has written down for it.
 */
export function contextOf(
  step: Step,
  { accountOf, space, lane, execution }: Pick<LaneRun, 'accountOf' | 'space' | 'lane' | 'execution'>,
  undo?: unknown,
): StepContext & GuardContext {
  const account = accountOf(step);
  if (account === undefined) throw new Error(`no such OS user: ${step.user}`);
  const { host, config, recorder, binaries, signal } = execution;
  let remembered = undo;
  return {
    host,
    config,
    account,
    space,
    lane,
    journal: recorder.durable,
    binaries,
    signal,
    operation: recorder.operation,
    event: (level, payload) => recorder.event(level, payload, step),
    progress: (phase, done, total) => recorder.progress(step, phase, done, total),
    remember(what) {
      recorder.stepUndo(step, what);
      remembered = what;
    },
    remembered: () => remembered,
    resultOf: (id) => resultOf(id, recorder),
    began: (id) => recordOf(id, recorder)?.startedAt !== undefined,
    undone: (id) => recordOf(id, recorder)?.state === 'undone',
  };
}

function recordOf(id: string, recorder: Recorder) {
  return readSteps(recorder.durable, recorder.operation).find((step) => step.id === id);
}

function resultOf(id: string, recorder: Recorder): unknown {
  return recordOf(id, recorder)?.result;
}

function undoOf(step: Step, recorder: Recorder): unknown {
  return recordOf(step.id, recorder)?.undo;
}

/** What the lanes' outcomes make of the operation. */
export function judge(lanes: readonly LaneOutcome[], stopped: boolean): Ended {
  const count = (outcome: LaneOutcome) => lanes.filter((each) => each === outcome).length;
  const done = `${count('succeeded')} of ${lanes.length} users done`;
  if (count('succeeded') === lanes.length) return { outcome: 'succeeded', reason: undefined };
  if (count('rolled back') === lanes.length)
    return { outcome: 'rolled back', reason: 'it went wrong, and everything is as it was before' };
  if (stopped && count('failed') === 0)
    return { outcome: 'interrupted', reason: `stopped on request; ${done}` };
  if (count('refused') === lanes.length)
    return { outcome: 'refused', reason: 'a guard said no for every user' };
  return { outcome: 'failed', reason: done };
}

function wordsOf(error: unknown): string {
  return excerpt(error instanceof Error ? error.message : String(error));
}
