import type { Step } from '../plan.ts';
import { probeStep } from './probe.ts';
import { snapshotStep } from './snapshot.ts';
import type { StepKind } from './step.ts';

const stepKinds: { [Kind in Step['kind']]: StepKind<Extract<Step, { kind: Kind }>> } = {
  snapshot: snapshotStep,
  probe: probeStep,
};

/** The code behind a planned step. */
export function stepKind(step: Step): StepKind<Step> {
  return stepKinds[step.kind];
}
