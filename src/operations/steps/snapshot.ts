import { recordSnapshot } from '../../journal/snapshots.ts';
import type { SnapshotFacts } from '../../snapshots/manifest.ts';
import {
  discardSnapshot,
  examineSnapshot,
  takeSnapshot,
  type SnapshotterOptions,
} from '../../snapshots/snapshotter.ts';
import { freeSpaceGuard } from '../guards/free-space.ts';
import { readOnlyGuard } from '../guards/read-only.ts';
import type { SnapshotStep } from '../plan.ts';
import type { StepContext, StepDone, StepKind } from './step.ts';

/** What remains of a snapshot step: where the copy is and what was found in it. */
export interface SnapshotResult extends SnapshotFacts {
  folder: string;
  file: string;
}

/** One user's verified online snapshot. The server runs on; nothing outside the cockpit's own folder is written. */
export const snapshotStep: StepKind<SnapshotStep> = {
  guards: [readOnlyGuard, freeSpaceGuard],
  whenStopped: 'the copy being written is discarded; finished ones stay',

  async run(context, step) {
    await context.host.files.ensureFolderFor(step.backups, context.account);
    const facts = await takeSnapshot(
      context.host,
      {
        source: step.source,
        home: context.account.home,
        backups: step.backups,
        folder: step.folder,
        name: step.file,
        alias: step.alias,
        manifest: {
          user: step.user,
          kind: step.snapshotKind,
          takenAt: new Date(step.takenAt).toISOString(),
          version: step.version,
        },
        patience: context.config.limits.commandTimeout,
      },
      options(context, step),
    );
    return done(context, step, facts);
  },

  async recover(context, step) {
    if ((await context.host.files.look(step.backups)) === undefined) return undefined;
    const place = { backups: step.backups, folder: step.folder, name: step.file };
    const published = await discardSnapshot(
      context.host,
      { ...place, alias: step.alias },
      unstoppable(context),
    );
    if (!published) return undefined;
    // It got its name before the journal heard of it: whole, or it would not have that name; read it to be sure.
    return done(context, step, await examineSnapshot(context.host, place, unstoppable(context)));
  },
};

function options(context: StepContext, step: SnapshotStep): SnapshotterOptions {
  return {
    ...unstoppable(context),
    promised: step.bytes,
    signal: context.signal,
    onProgress: ({ phase, done: bytes, total }) => {
      if (phase === 'copy') context.space.written(step.id, bytes);
      context.progress(phase, bytes, total);
    },
  };
}

/** Cleaning up goes on when the rest is asked to stop. */
export function unstoppable({ account, config }: StepContext): SnapshotterOptions {
  return { account, timeout: config.snapshots.timeout, memory: config.limits.readerMemory };
}

function done({ host, operation }: StepContext, step: SnapshotStep, facts: SnapshotFacts): StepDone {
  const result: SnapshotResult = { folder: step.folder, file: step.file, ...facts };
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
        ...facts,
        verifiedAt: host.clock.now(),
        operation,
      }),
  };
}
