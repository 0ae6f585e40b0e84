import { recordSnapshot } from '../../journal/snapshots.ts';
import { keepLive } from '../../snapshots/replacement.ts';
import { discardSnapshot, examineSnapshot, SnapshotProblem } from '../../snapshots/snapshotter.ts';
import type { SnapshotFacts } from '../../snapshots/manifest.ts';
import { freeSpaceGuard } from '../guards/free-space.ts';
import { readOnlyGuard } from '../guards/read-only.ts';
import type { ColdCopyStep } from '../plan.ts';
import { newKeeper } from './replace.ts';
import { unstoppable, type SnapshotResult } from './snapshot.ts';
import { putBack } from './put-back.ts';
import type { StepContext, StepDone, StepKind } from './step.ts';

/** A snapshot of a stopped server's database: folded, held closed to everybody, and copied. */
export const coldCopyStep: StepKind<ColdCopyStep> = {
  guards: [readOnlyGuard, freeSpaceGuard],
  whenStopped: 'the copy is discarded, and the server started again',

  async run(context, step) {
    const { host, account, config } = context;
    const keeper = context.lane.keep(newKeeper(context));
    const held = await keeper.hold({
      path: step.live,
      home: step.home,
      fold: true,
      patience: config.limits.commandTimeout,
    });
    // A snapshot that cannot be restored is worse than none.
    if (!held.whole) throw new SnapshotProblem(`the database is damaged: ${held.problem}`);
    await host.files.ensureFolderFor(step.backups, account);
    const kept = await keepLive(
      host,
      {
        live: step.live,
        home: step.home,
        backups: step.backups,
        folder: step.folder,
        name: step.file,
        whole: true,
        manifest: {
          user: step.user,
          kind: step.snapshotKind,
          takenAt: new Date(step.takenAt).toISOString(),
          version: step.version,
        },
      },
      {
        ...unstoppable(context),
        promised: step.bytes,
        signal: context.signal,
        onProgress: ({ phase, done: bytes, total }) => context.progress(phase, bytes, total),
      },
    );
    await context.lane.release();
    if (!kept.whole) throw new SnapshotProblem('the copy is not whole');
    // Published: all that is left is its second name, where the host's own procedure looks.
    if (step.alias !== null)
      await discardSnapshot(
        host,
        { backups: step.backups, folder: step.folder, name: step.file, alias: step.alias },
        unstoppable(context),
      );
    return done(context, step, kept);
  },

  undo: putBack,

  async recover(context, step) {
    await context.lane.release();
    const place = { backups: step.backups, folder: step.folder, name: step.file };
    if ((await context.host.files.look(step.backups)) === undefined) return undefined;
    if (!(await discardSnapshot(context.host, { ...place, alias: step.alias }, unstoppable(context))))
      return undefined;
    return done(context, step, await examineSnapshot(context.host, place, unstoppable(context)));
  },
};

function done({ host, operation }: StepContext, step: ColdCopyStep, facts: SnapshotFacts): StepDone {
  const { bytes, sha256, pageSize, migrations, work } = facts;
  const found: SnapshotFacts = { bytes, sha256, pageSize, migrations, work };
  const result: SnapshotResult = { folder: step.folder, file: step.file, ...found };
  return {
    result,
    together: (db) =>
      recordSnapshot(db, {
        user: step.user,
        kind: step.snapshotKind,
        folder: step.folder,
        file: step.file,
        takenAt: step.takenAt,
        version: step.version ?? undefined,
        ...found,
        verifiedAt: host.clock.now(),
        operation,
      }),
  };
}
