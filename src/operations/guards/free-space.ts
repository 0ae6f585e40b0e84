import path from 'node:path';
import prettyBytes from 'pretty-bytes';
import type { SnapshotStep } from '../plan.ts';
import { fails, holds, type Guard } from './guard.ts';

/** Room for the copy on the file system of the backups, beside the copies that are being written now. */
export const freeSpaceGuard: Guard<SnapshotStep> = {
  name: 'free space',
  async check({ host, config, space }, step) {
    // The user's folder may not exist yet; its parent belongs to the host.
    const folder =
      (await host.files.look(step.backups)) === undefined ? path.dirname(step.backups) : step.backups;
    const facts = await host.files.look(folder);
    if (facts === undefined) return fails(`${folder}: no such folder; create it, owned by root`);
    const free = await host.files.free(folder);
    const missing = space.promise(step.id, facts.device, step.bytes, free, config.snapshots.keepFree);
    if (missing === 0) return holds;
    return fails(
      `${prettyBytes(missing)} too little space on the file system of ${folder}: ${prettyBytes(free)} free, ` +
        `${prettyBytes(step.bytes)} needed, ${prettyBytes(config.snapshots.keepFree)} to stay free (snapshots.keepFree)`,
    );
  },
};
