import { forgetSnapshot } from '../../journal/snapshots.ts';
import { removeSnapshot } from '../../snapshots/snapshotter.ts';
import { readOnlyGuard } from '../guards/read-only.ts';
import { retentionGuard } from '../guards/retention.ts';
import type { RemoveSnapshotStep } from '../plan.ts';
import { unstoppable } from './snapshot.ts';
import type { StepDone, StepKind } from './step.ts';

/** One snapshot taken away, with its manifest, as its owner; then the journal stops vouching for it. */
export const removeSnapshotStep: StepKind<RemoveSnapshotStep> = {
  guards: [readOnlyGuard, retentionGuard],
  whenStopped: 'the snapshot being removed goes, the others stay',

  async run(context, step) {
    await removeSnapshot(
      context.host,
      { backups: step.backups, folder: step.folder, name: step.file, bytes: step.bytes },
      unstoppable(context),
    );
    return done(step);
  },

  async recover(context, step) {
    const place = { backups: step.backups, folder: step.folder, name: step.file };
    const gone = await removeSnapshot(context.host, place, unstoppable(context));
    return gone ? done(step) : undefined;
  },
};

function done(step: RemoveSnapshotStep): StepDone {
  return {
    result: { folder: step.folder, file: step.file, bytes: step.bytes },
    together: (db) => forgetSnapshot(db, step),
  };
}
