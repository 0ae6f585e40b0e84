import { forgetSnapshot, readSnapshots, recordProblem } from '../../journal/snapshots.ts';
import { removeSnapshot, SnapshotFinding } from '../../snapshots/snapshotter.ts';
import { readOnlyGuard } from '../guards/read-only.ts';
import { retentionGuard } from '../guards/retention.ts';
import type { RemoveSnapshotStep } from '../plan.ts';
import { unstoppable } from './snapshot.ts';
import type { StepContext, StepDone, StepKind } from './step.ts';
import { requireWholeOther } from './whole-other.ts';

/**
 * One snapshot taken away, with its manifest, as its owner; then the journal stops vouching for it. A file that is not
 * the one recorded stays, and is damaged from then on: somebody has to look at it.
 */
export const removeSnapshotStep: StepKind<RemoveSnapshotStep> = {
  guards: [readOnlyGuard, retentionGuard],
  whenStopped: 'the snapshot being removed goes, the others stay',

  async run(context, step) {
    await requireWholeOther(context, step);
    const { bytes, sha256 } = step;
    try {
      await removeSnapshot(
        context.host,
        { ...placeOf(step), expected: { bytes, sha256 } },
        {
          ...unstoppable(context),
          onProgress: ({ phase, done: read, total }) => context.progress(phase, read, total),
        },
      );
    } catch (error) {
      if (error instanceof SnapshotFinding) return notRemoved(context, step, error.message);
      throw error;
    }
    return done(step);
  },

  async recover(context, step) {
    const gone = await removeSnapshot(context.host, placeOf(step), unstoppable(context));
    return gone ? done(step) : undefined;
  },
};

function placeOf({ backups, folder, file }: RemoveSnapshotStep) {
  return { backups, folder, name: file };
}

function notRemoved({ host, journal }: StepContext, step: RemoveSnapshotStep, problem: string): StepDone {
  const record = readSnapshots(journal, step.user).find(
    ({ folder, file }) => folder === step.folder && file === step.file,
  );
  return {
    result: { folder: step.folder, file: step.file },
    together(db) {
      if (record !== undefined) recordProblem(db, { ...record, verifiedAt: host.clock.now() }, problem);
    },
    failure: problem,
  };
}

function done(step: RemoveSnapshotStep): StepDone {
  return {
    result: { folder: step.folder, file: step.file, bytes: step.bytes },
    together: (db) => forgetSnapshot(db, step),
  };
}
