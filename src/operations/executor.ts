import pLimit from 'p-limit';
import type { Config } from '../config/schema.ts';
import type { Account } from '../host/account.ts';
import type { Host } from '../host/host.ts';
import type { Outcome } from '../journal/records.ts';
import type { Recorder } from '../journal/recorder.ts';
import { SpaceLedger } from '../snapshots/space.ts';
import type { Binaries } from '../t3/binaries.ts';
import { excerpt } from '../text/printable.ts';
import { ask, type GuardContext } from './guards/guard.ts';
import type { Plan, Step } from './plan.ts';
import { stepKind } from './steps/index.ts';
import type { StepContext, StepDone } from './steps/step.ts';

export interface Execution {
  host: Host;
  config: Config;
  recorder: Recorder;
  binaries: Binaries;
  /** Aborted when the operation is asked to stop. */
  signal: AbortSignal;
}

export type LaneOutcome = Extract<Outcome, 'succeeded' | 'failed' | 'refused' | 'interrupted'>;

/**
 * Execute a plan: lanes in parallel within its bound, each lane's steps in order. One lane's failure is its own. The
 * only place where steps run, and so the place of the guards.
 */
export async function execute(
  plan: Plan,
  execution: Execution,
): Promise<{ outcome: Outcome; reason: string | undefined }> {
  const users = plan.lanes.map((lane) => lane.user);
  const accounts = await execution.host.accounts.byName(users);
  const space = new SpaceLedger();
  const limit = pLimit(plan.parallel);
  const outcomes = await Promise.all(
    plan.lanes.map((lane) => limit(() => runLane(lane, accounts.get(lane.user), space, execution))),
  );
  return judge(outcomes, execution.signal.aborted);
}

async function runLane(
  { steps, independent = false }: Plan['lanes'][number],
  account: Account | undefined,
  space: SpaceLedger,
  execution: Execution,
): Promise<LaneOutcome> {
  let worst: LaneOutcome = 'succeeded';
  for (const step of steps) {
    const { recorder, signal } = execution;
    if (signal.aborted) {
      recorder.stepEnded(step, { state: 'interrupted', reason: 'stopped before it began' });
      return 'interrupted';
    }
    if (account === undefined) {
      recorder.stepEnded(step, { state: 'refused', reason: `no such OS user: ${step.user}` });
      return 'refused';
    }
    const outcome = await runStep(step, contextOf(step, account, space, execution), execution);
    if (outcome === 'succeeded') continue;
    if (!independent || outcome === 'interrupted') return outcome;
    if (worst !== 'failed') worst = outcome;
  }
  return worst;
}

async function runStep(
  step: Step,
  context: StepContext,
  { recorder, signal }: Execution,
): Promise<LaneOutcome> {
  const kind = stepKind(step);
  try {
    for (const guard of kind.guards) {
      const verdict = await ask(guard, context, step);
      if (!verdict.holds) {
        recorder.stepEnded(step, { state: 'refused', reason: verdict.reason });
        return 'refused';
      }
    }
    recorder.stepStarted(step);
    try {
      return recordDone(step, recorder, await kind.run(context, step));
    } catch (error) {
      return await recoverStep(
        step,
        context,
        recorder,
        signal.aborted ? 'interrupted' : 'failed',
        wordsOf(error),
      );
    }
  } finally {
    context.space.release(step.id);
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
  state: 'failed' | 'interrupted',
  reason: string,
): Promise<LaneOutcome> {
  try {
    const done = await stepKind(step).recover(context, step);
    if (done === undefined) {
      recorder.stepEnded(step, { state, reason });
      return state;
    }
    return recordDone(step, recorder, done);
  } catch (error) {
    recorder.stepEnded(step, {
      state: 'failed',
      reason: `${reason}; and clearing up after it failed: ${wordsOf(error)}`,
    });
    return 'failed';
  }
}

function recordDone(step: Step, recorder: Recorder, { result, together, failure }: StepDone): LaneOutcome {
  if (failure === undefined) {
    recorder.stepEnded(step, { state: 'succeeded', result }, together);
    return 'succeeded';
  }
  recorder.stepEnded(step, { state: 'failed', result, reason: failure }, together);
  return 'failed';
}

/**
 * The context of one step; also for recovering it, when nothing can stop it any more.
 *
 * @param undo What an earlier runner has written down for it.
 */
export function contextOf(
  step: Step,
  account: Account,
  space: SpaceLedger,
  { host, config, recorder, binaries, signal }: Execution,
  undo?: unknown,
): StepContext & GuardContext {
  let remembered = undo;
  return {
    host,
    config,
    account,
    space,
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
  };
}

/** What the lanes' outcomes make of the operation. */
export function judge(
  lanes: readonly LaneOutcome[],
  stopped: boolean,
): { outcome: Outcome; reason: string | undefined } {
  const count = (outcome: LaneOutcome) => lanes.filter((each) => each === outcome).length;
  const done = `${count('succeeded')} of ${lanes.length} users done`;
  if (count('succeeded') === lanes.length) return { outcome: 'succeeded', reason: undefined };
  if (stopped) return { outcome: 'interrupted', reason: `stopped on request; ${done}` };
  if (count('refused') === lanes.length)
    return { outcome: 'refused', reason: 'a guard said no for every user' };
  return { outcome: 'failed', reason: done };
}

function wordsOf(error: unknown): string {
  return excerpt(error instanceof Error ? error.message : String(error));
}
