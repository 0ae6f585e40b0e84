import type { Step } from '../plan.ts';
import { checkStep } from './check.ts';
import { chooseStep } from './choose.ts';
import { coldCopyStep } from './cold-copy.ts';
import { commandStep } from './command.ts';
import { downloadStep } from './download.ts';
import { enforceStep } from './enforce.ts';
import { freezeStep } from './freeze.ts';
import { gateStep } from './gate.ts';
import { holdStep } from './hold.ts';
import { installStep } from './install.ts';
import { launcherStep } from './launcher.ts';
import { markStep } from './mark.ts';
import { movedStep } from './moved.ts';
import { pinStep } from './pin.ts';
import { probeStep } from './probe.ts';
import { proveStep } from './prove.ts';
import { removeSnapshotStep } from './remove-snapshot.ts';
import { replaceStep } from './replace.ts';
import { settleStep } from './settle.ts';
import { snapshotStep } from './snapshot.ts';
import { soakStep } from './soak.ts';
import { stageStep } from './stage.ts';
import { startStep } from './start.ts';
import type { StepKind } from './step.ts';
import { stopStep } from './stop.ts';
import { verifySnapshotStep } from './verify-snapshot.ts';

const stepKinds: { [Kind in Step['kind']]: StepKind<Extract<Step, { kind: Kind }>> } = {
  snapshot: snapshotStep,
  probe: probeStep,
  'verify-snapshot': verifySnapshotStep,
  'remove-snapshot': removeSnapshotStep,
  stage: stageStep,
  stop: stopStep,
  replace: replaceStep,
  'cold-copy': coldCopyStep,
  start: startStep,
  prove: proveStep,
  settle: settleStep,
  download: downloadStep,
  gate: gateStep,
  command: commandStep,
  pin: pinStep,
  install: installStep,
  enforce: enforceStep,
  moved: movedStep,
  choose: chooseStep,
  launcher: launcherStep,
  hold: holdStep,
  check: checkStep,
  soak: soakStep,
  mark: markStep,
  freeze: freezeStep,
};

/** The code behind a planned step. */
export function stepKind(step: Step): StepKind<Step> {
  return stepKinds[step.kind];
}

/** Do steps of this kind, by its name in the journal, stop servers or replace databases? */
export function isDisruptive(kind: string): boolean {
  return Object.entries(stepKinds).some(([name, { disrupts }]) => name === kind && disrupts === true);
}
