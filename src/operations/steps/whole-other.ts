import { readOperation } from '../../journal/operations.ts';
import { recordProblem, recordVerified } from '../../journal/snapshots.ts';
import { fromTheFuture, type CatalogEntry, type SnapshotRecord } from '../../snapshots/catalog.ts';
import { examineSnapshot, SnapshotFinding } from '../../snapshots/snapshotter.ts';
import { ask } from '../guards/guard.ts';
import { catalogNow, retentionGuard } from '../guards/retention.ts';
import type { RemoveSnapshotStep } from '../plan.ts';
import { unstoppable } from './snapshot.ts';
import { StepRefused, type StepContext } from './step.ts';

/**
 * See that another snapshot of this user is whole before one is removed: the newest that is said to be is read wholly, once
 * an operation, and one that is found wanting counts no more. A catalog tells a file by its size alone; one that has
 * rotted in its place has the right one, and would have had all others removed for its sake.
 *
 * @throws StepRefused where that leaves none, or where something speaks for this one now.
 */
export async function requireWholeOther(context: StepContext, step: RemoveSnapshotStep): Promise<void> {
  for (;;) {
    const entries = await catalogNow(context, step);
    if ('problem' in entries)
      throw new StepRefused(`the backup folder cannot be looked at: ${entries.problem}`);
    const other = newestOther(entries, step, context.host.clock.now());
    if (other === undefined) throw new StepRefused('kept: no other verified snapshot is there');
    if (other.verifiedAt >= beginOf(context) || (await isWhole(context, step, other))) return;
    const verdict = await ask(retentionGuard, context, step);
    if (!verdict.holds) throw new StepRefused(verdict.reason);
  }
}

function newestOther(
  entries: readonly CatalogEntry[],
  step: RemoveSnapshotStep,
  now: number,
): SnapshotRecord | undefined {
  return entries.find(
    (entry) =>
      entry.origin === 'cockpit' &&
      entry.standing === 'verified' &&
      entry.file !== step.file &&
      !fromTheFuture(entry, now),
  )?.record;
}

function beginOf({ journal, operation }: StepContext): number {
  const record = readOperation(journal, operation);
  return record?.startedAt ?? record?.requestedAt ?? Number.POSITIVE_INFINITY;
}

/** Read it, and write down what was found. @throws SnapshotProblem when it could not be looked at: then nothing goes */
async function isWhole(
  context: StepContext,
  step: RemoveSnapshotStep,
  other: SnapshotRecord,
): Promise<boolean> {
  const { journal, host } = context;
  const record = { ...other, verifiedAt: host.clock.now() };
  let problem: string | undefined;
  try {
    const { sha256 } = await examineSnapshot(
      host,
      { backups: step.backups, folder: other.folder, name: other.file },
      {
        ...unstoppable(context),
        signal: context.signal,
        onProgress: ({ phase, done, total }) => context.progress(`another: ${phase}`, done, total),
      },
    );
    if (sha256 !== other.sha256)
      problem = 'its checksum is not the one that was recorded: the file was changed';
  } catch (error) {
    if (!(error instanceof SnapshotFinding)) throw error;
    problem = error.message;
  }
  if (problem === undefined) recordVerified(journal, record);
  else {
    recordProblem(journal, record, problem);
    context.event('warning', {
      type: 'text',
      text: `${other.file} is damaged, and does not count: ${problem}`,
    });
  }
  return problem === undefined;
}
