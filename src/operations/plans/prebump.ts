import type { Instance } from '../../fleet/fleet.ts';
import { valueOf } from '../../fleet/observation.ts';
import { formatHostName, formatName } from '../../snapshots/names.ts';
import type { Ground, Naming } from './lane.ts';
import type { ColdCopyStep } from '../plan.ts';

/**
 * The copy that is taken of a stopped server's database right before another version gets it: what there is to go back
 * to. An online one from before would lose what came after. By the host's own name as well (docs/host.md).
 */
export function prebumpOf(ground: Ground, instance: Instance, { now, tail }: Naming): ColdCopyStep {
  const { user, live, home, base, backups, folder, version } = ground;
  return {
    kind: 'cold-copy',
    id: `${user}/cold-copy`,
    title: 'fold and copy the state database, to go back to',
    user,
    live,
    home,
    base,
    backups,
    folder,
    file: formatName({ kind: 'prebump', version, takenAt: now }, tail),
    alias: formatHostName(version ?? 'unknown', now),
    snapshotKind: 'prebump',
    takenAt: now,
    version: version ?? null,
    bytes: bytesOf(instance),
  };
}

/** Bytes of an instance's database and its write-ahead log; 0 where they were not seen. */
export function bytesOf(instance: Instance): number {
  const size = valueOf(instance.size);
  return size === undefined ? 0 : size.database + size.wal;
}
