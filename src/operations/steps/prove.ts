import { probeText } from '../../t3/verdict.ts';
import { readOnlyGuard } from '../guards/read-only.ts';
import type { ProbeStep, ProveStep } from '../plan.ts';
import { changedByRestart } from './changed.ts';
import { probeStep, type ProbeStepResult } from './probe.ts';
import { replacedDamaged } from './replace.ts';
import type { StepContext, StepDone, StepKind } from './step.ts';
import { stopResult } from './stop.ts';

/**
 * Can people pair again? The direct route decides; what is wrong with the dispatch's is said, and is no reason to take
 * anything back. An inconclusive answer is no yes (guarantee 14).
 */
export const proveStep: StepKind<ProveStep> = {
  guards: [readOnlyGuard],
  whenStopped: 'the handshake under way is finished, and what it made is revoked',
  mustFollow: true,

  async run(context, step) {
    return judge(context, step, await probeStep.run(context, asProbe(step)));
  },

  async recover(context, step) {
    const done = await probeStep.recover(context, asProbe(step));
    return done === undefined ? undefined : judge(context, step, done);
  },
};

function asProbe(step: ProveStep): ProbeStep {
  const { onFailure: _, ...rest } = step;
  return { ...rest, kind: 'probe' };
}

async function judge(
  context: StepContext,
  step: ProveStep,
  { failure, ...done }: StepDone,
): Promise<StepDone> {
  const { probes } = done.result as ProbeStepResult;
  const direct = probes.find(({ route }) => route === 'direct');
  if (direct?.verdict === 'ok') {
    if (failure !== undefined) context.event('warning', { type: 'text', text: failure });
    return done;
  }
  const words = direct === undefined ? 'no probe of the direct route' : probeText(direct);
  if (step.onFailure === 'stay')
    return { ...done, failure: `${words}; ${await changedByRestart(context, step)}`, stay: true };
  if (!brokenBefore(context, step)) return { ...done, failure: words };
  // Going back would lead to something just as broken: that is for somebody to decide.
  return {
    ...done,
    failure: `${words}; it was broken before, too: what was restored stays. To go back: t3-cockpit undo ${context.operation}`,
    stay: true,
  };
}

function brokenBefore(context: StepContext, { user }: ProveStep): boolean {
  return (
    replacedDamaged(context.resultOf(`${user}/replace`)) ||
    stopResult(context.resultOf(`${user}/stop`))?.broken === true
  );
}
