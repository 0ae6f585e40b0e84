import type { Host } from '../host/host.ts';
import type { Sqlite } from '../host/sqlite.ts';
import { openOperations, readHeld, readOperation, readSteps } from '../journal/operations.ts';
import type { OperationRecord, StepRecord } from '../journal/records.ts';
import { isDisruptive } from './steps/index.ts';

/** Operations whose runner is gone: which, and how far they had come. Recovering them is elsewhere (recovery.ts). */

/** How long an operation that was just written down may take to tell where its runner is, milliseconds. */
const launchGrace = 30_000;

/** What has become of an operation that has no outcome yet. */
export type Standing = 'running' | 'starting' | 'cut off';

/**
 * Is an operation's runner, or any orphan of it, still alive?
 *
 * @throws when that cannot be told; it must then be taken for running.
 */
export async function standingOf(operation: OperationRecord, host: Host): Promise<Standing> {
  if (operation.place !== undefined)
    return (await host.runners.lives(operation.place)) ? 'running' : 'cut off';
  return host.clock.now() - operation.requestedAt < launchGrace ? 'starting' : 'cut off';
}

/**
 * Has an operation's runner died without writing down how it ended? A runner writes that, and then ends: one that is
 * found gone may have done so since the operation was read.
 *
 * @throws when that cannot be told.
 */
export async function isCutOff(operation: OperationRecord, journal: Sqlite, host: Host): Promise<boolean> {
  return (
    operation.state !== 'ended' &&
    (await standingOf(operation, host)) === 'cut off' &&
    readOperation(journal, operation.id)?.state !== 'ended'
  );
}

/** An operation that was cut off, and how far it had come. */
export interface CutOff {
  operation: OperationRecord;
  steps: StepRecord[];
  /** A server may be stopped, or a database replaced: somebody has to say whether to go on or back. */
  undecided: boolean;
  /** Timers of the host's own jobs that it still holds off. */
  held?: readonly string[];
}

/** The operations that were cut off, oldest first: the first thing that anybody is to be told. */
export async function cutOffOperations(journal: Sqlite, host: Host): Promise<CutOff[]> {
  const found: CutOff[] = [];
  for (const operation of openOperations(journal)) {
    try {
      if (!(await isCutOff(operation, journal, host))) continue;
    } catch {
      // Nobody answers for its runner: then nobody may say that it is dead.
      continue;
    }
    const steps = readSteps(journal, operation.id);
    const held = readHeld(journal).find((each) => each.operation === operation.id)?.held ?? [];
    found.push({
      operation,
      steps,
      undecided: isUndecided(steps),
      ...(held.length === 0 ? {} : { held: held.map(({ unit }) => unit) }),
    });
  }
  return found;
}

/** Has it begun to stop a server or to replace a database, and not been taken back? */
export function isUndecided(steps: readonly StepRecord[]): boolean {
  return steps.some(
    (step) =>
      isDisruptive(step.kind) &&
      step.startedAt !== undefined &&
      (step.state === 'started' || step.state === 'succeeded' || step.state === 'failed'),
  );
}
