import { readAs } from '../../fleet/reader/read.ts';
import { readSnapshots } from '../../journal/snapshots.ts';
import { catalog, type CatalogEntry } from '../../snapshots/catalog.ts';
import { retain } from '../../snapshots/retention.ts';
import type { RemoveSnapshotStep } from '../plan.ts';
import { fails, holds, type Guard, type GuardContext } from './guard.ts';

/**
 * Guarantee 9, judged by the folder and the journal as they are now: what was planned may be hours old, and the snapshot
 * that made this one dispensable may be gone.
 */
export const retentionGuard: Guard<RemoveSnapshotStep> = {
  name: 'retention',
  async check(context, step) {
    const { config, host } = context;
    const entries = await catalogNow(context, step);
    if ('problem' in entries) return fails(`the backup folder cannot be looked at: ${entries.problem}`);
    const judged = retain(entries, config.snapshots.keep, host.clock.now()).find(
      ({ entry }) => entry.folder === step.folder && entry.file === step.file,
    );
    if (judged === undefined) return fails('it is not there any more');
    const { entry, because } = judged;
    if (because !== undefined) return fails(`kept: ${because}`);
    // What is removed is held against the plan: that must say what the journal does.
    return entry.bytes === step.bytes && entry.record?.sha256 === step.sha256
      ? holds
      : fails('it is not the file that was planned to go');
  },
};

/** One user's snapshots by the folder and the journal as they are now, newest first. */
export async function catalogNow(
  { host, config, account, journal }: GuardContext,
  { user, backups }: Pick<RemoveSnapshotStep, 'user' | 'backups'>,
): Promise<CatalogEntry[] | { problem: string }> {
  const { answers } = await readAs(host, config, account, [
    { task: 'folder', path: backups, own: config.snapshots.folder },
  ]);
  const [folder] = answers;
  if ('problem' in folder) return folder;
  return catalog(
    user,
    {
      host: { path: backups, files: folder.facts.host ?? [] },
      own: { path: `${backups}/${config.snapshots.folder}`, files: folder.facts.own ?? [] },
    },
    readSnapshots(journal, user),
  );
}
