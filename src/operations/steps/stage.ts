import { recordProblem, recordVerified } from '../../journal/snapshots.ts';
import type { SnapshotFacts } from '../../snapshots/manifest.ts';
import { beside, settleReplacement, stageSnapshot } from '../../snapshots/replacement.ts';
import { SnapshotFinding } from '../../snapshots/snapshotter.ts';
import { roomForReplacementGuard } from '../guards/free-space.ts';
import { readOnlyGuard } from '../guards/read-only.ts';
import { acceptsSchema } from '../guards/schema.ts';
import type { StageStep } from '../plan.ts';
import { markerText } from './marker.ts';
import { unstoppable } from './snapshot.ts';
import { StepRefused, type StepContext, type StepKind } from './step.ts';

/** What remains of it: what was found in the copy, and which file it is. */
export interface StageResult {
  facts: SnapshotFacts;
  /** The inode of the staged file, in decimal. */
  inode: string;
}

/**
 * The chosen snapshot, copied beside the live database and read there wholly: what was checked is what will take its
 * place, whatever becomes of the snapshot. Done before the server is stopped, which shortens the time it is away and
 * finds a full disk while nothing has happened yet.
 */
export const stageStep: StepKind<StageStep> = {
  guards: [readOnlyGuard, roomForReplacementGuard],
  whenStopped: 'the copy beside the database is removed',

  async run(context, step) {
    const facts = await staged(context, step);
    const accepted = await acceptsSchema(context, facts.migrations, step);
    if (!accepted.holds) throw new StepRefused(accepted.reason);
    const incoming = await context.host.files.look(beside.incoming(step.base));
    if (incoming === undefined) throw new Error('the copy beside the database is gone');
    const result: StageResult = { facts, inode: String(incoming.inode) };
    return { result, together: (db) => recordVerified(db, { ...recordOf(context, step), ...facts }) };
  },

  async recover(context, step) {
    await discard(context, step);
    return undefined;
  },

  undo: discard,

  // Until the exchange nobody but us knows of it, and once it was undone it has no use any more: what could not be undone
  // between that and this is a server's stop.
  undoWhenLost: (context, { user }) => !context.began(`${user}/replace`) || context.undone(`${user}/replace`),
};

async function staged(context: StepContext, step: StageStep): Promise<SnapshotFacts> {
  try {
    return await stageSnapshot(
      context.host,
      {
        backups: step.backups,
        folder: step.folder,
        name: step.file,
        live: step.live,
        home: step.home,
        base: step.base,
        expected: step.sha256,
        marker: markerText(context.operation, step, new Date(context.host.clock.now())),
      },
      {
        ...unstoppable(context),
        promised: step.bytes,
        signal: context.signal,
        onProgress: ({ phase, done, total }) => {
          if (phase === 'copy') context.space.written(step.id, done);
          context.progress(phase, done, total);
        },
      },
    );
  } catch (error) {
    // It will not be offered again until somebody has looked at it.
    if (error instanceof SnapshotFinding)
      recordProblem(context.journal, recordOf(context, step), error.message);
    throw error;
  }
}

function recordOf({ host, operation }: StepContext, step: StageStep) {
  return {
    user: step.user,
    kind: step.snapshotKind,
    folder: step.folder,
    file: step.file,
    takenAt: step.takenAt,
    version: step.version ?? undefined,
    verifiedAt: host.clock.now(),
    operation,
  };
}

async function discard(context: StepContext, step: StageStep): Promise<void> {
  await settleReplacement(
    context.host,
    { live: step.live, home: step.home, base: step.base },
    unstoppable(context),
  );
}
