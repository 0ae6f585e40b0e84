import path from 'node:path';
import prettyBytes from 'pretty-bytes';
import type { DownloadStep, SnapshotStep, StageStep } from '../plan.ts';
import { fails, holds, type Guard, type GuardContext, type Verdict } from './guard.ts';

/** Room for the copy on the file system of the backups, beside the copies that are being written now. */
export const freeSpaceGuard: Guard<Pick<SnapshotStep, 'id' | 'backups' | 'bytes'>> = {
  name: 'free space',
  async check({ host, config, space }, step) {
    // The user's folder may not exist yet; its parent belongs to the host.
    const folder =
      (await host.files.look(step.backups)) === undefined ? path.dirname(step.backups) : step.backups;
    return room({ host, config, space }, step.id, folder, step.bytes);
  },
};

/** Is there room for so many bytes more in this folder, beside what is promised already? */
export async function room(
  { host, config, space }: Pick<GuardContext, 'host' | 'config' | 'space'>,
  id: string,
  folder: string,
  bytes: number,
): Promise<Verdict> {
  const facts = await host.files.look(folder);
  if (facts === undefined) return fails(`${folder}: no such folder; create it, owned by root`);
  const free = await host.files.free(folder);
  const missing = space.promise(id, facts.device, bytes, free, config.snapshots.keepFree);
  if (missing === 0) return holds;
  return fails(
    `${prettyBytes(missing)} too little space on the file system of ${folder}: ${prettyBytes(free)} free, ` +
      `${prettyBytes(bytes)} needed, ${prettyBytes(config.snapshots.keepFree)} to stay free (snapshots.keepFree)`,
  );
}

/** Room for a package where it will be unpacked: npm, on a full disk, blames what it has just cut off itself. */
export const roomForPackageGuard: Guard<DownloadStep> = {
  name: 'free space',
  async check(context, { id, prefix, bytes }) {
    // Fetched before; should it have to be made anew, what is there goes.
    if ((await context.host.files.look(prefix)) !== undefined) return holds;
    let folder = path.dirname(prefix);
    while (folder !== '/' && (await context.host.files.look(folder)) === undefined)
      folder = path.dirname(folder);
    return room(context, id, folder, bytes);
  },
};

/** Room for the chosen snapshot beside the live database, and for what is there in the backup folder. */
export const roomForReplacementGuard: Guard<StageStep> = {
  name: 'free space',
  async check(context, step) {
    const { host } = context;
    const incoming = await room(context, step.id, path.dirname(step.live), step.bytes);
    if (!incoming.holds) return incoming;
    const files = await Promise.all(['', '-wal'].map((suffix) => host.files.look(step.live + suffix)));
    const bytes = files.reduce((sum, file) => sum + (file?.size ?? 0), 0);
    const there = (await host.files.look(step.backups)) !== undefined;
    return room(context, `${step.id}/kept`, there ? step.backups : path.dirname(step.backups), bytes);
  },
};
