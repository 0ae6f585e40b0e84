import { readProbes } from '../../journal/probes.ts';
import { probeText, type ProbeResult } from '../../t3/verdict.ts';
import { readOnlyGuard } from '../guards/read-only.ts';
import type { ProbeStep, ProveStep } from '../plan.ts';
import { changedByRestart } from './changed.ts';
import { probeStep, type ProbeStepResult } from './probe.ts';
import { replacedDamaged } from './replace.ts';
import { notStayedUp } from './stays-up.ts';
import type { StepContext, StepDone, StepKind } from './step.ts';
import { stopResult } from './stop.ts';

/**
 * Can people pair again, with a server that has stayed up since it was started? The direct route decides; what is wrong with the dispatch's is said, and is no reason to take
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
  const { started } = context.lane;
  const fell = started === undefined ? undefined : await notStayedUp(context, started);
  if (step.onFailure === 'take all back' || step.onFailure === 'lead back')
    return judgeAll(context, step, done, probes, fell);
  const direct = probes.find(({ route }) => route === 'direct');
  if (direct?.verdict === 'ok' && fell === undefined) {
    if (failure !== undefined) context.event('warning', { type: 'text', text: failure });
    return done;
  }
  const words = [
    ...(fell === undefined ? [] : [fell]),
    ...(direct === undefined ? ['no probe of the direct route'] : []),
    ...(direct === undefined || direct.verdict === 'ok' ? [] : [probeText(direct)]),
  ].join('; ');
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

/**
 * Of a version that is being rolled out nothing may be worse than it was before: straight in, and by every name for which
 * it was known to work through the dispatch. What did not work before says nothing against it, and is said.
 */
function judgeAll(
  { journal, event }: StepContext,
  { user }: ProveStep,
  done: StepDone,
  probes: readonly ProbeResult[],
  fell: string | undefined,
): StepDone {
  const before = readProbes(journal, user);
  const failed = probes.filter(({ verdict }) => verdict !== 'ok');
  const worse = failed.filter(({ route, name, verdict }) => {
    if (route === 'direct') return true;
    const known = before.find(({ last }) => last.route === route && last.name === name)?.last.verdict;
    return known === undefined ? verdict === 'broken' : known === 'ok';
  });
  for (const probe of failed) event('warning', { type: 'text', text: probeText(probe) });
  if (!probes.some(({ route }) => route === 'direct'))
    return { ...done, failure: 'no probe of the direct route' };
  const words = [...(fell === undefined ? [] : [fell]), ...worse.map(probeText)];
  return words.length === 0 ? done : { ...done, failure: words.join('; ') };
}

function brokenBefore(context: StepContext, { user }: ProveStep): boolean {
  return (
    replacedDamaged(context.resultOf(`${user}/replace`)) ||
    stopResult(context.resultOf(`${user}/stop`))?.broken === true
  );
}
