import type { Step } from '../plan.ts';
import { probeStep } from './probe.ts';
import { removeSnapshotStep } from './remove-snapshot.ts';
import { snapshotStep } from './snapshot.ts';
import type { StepKind } from './step.ts';
import { verifySnapshotStep } from './verify-snapshot.ts';

const stepKinds: { [Kind in Step['kind']]: StepKind<Extract<Step, { kind: Kind }>> } = {
  snapshot: snapshotStep,
  probe: probeStep,
  'verify-snapshot': verifySnapshotStep,
  'remove-snapshot': removeSnapshotStep,
};

/** The code behind a planned step. */
export function stepKind(step: Step): StepKind<Step> {
  return stepKinds[step.kind];
}
