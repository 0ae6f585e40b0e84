import type { Sqlite } from '../host/sqlite.ts';
import type { SnapshotRecord } from '../snapshots/catalog.ts';
import type { ProbeStanding } from '../t3/verdict.ts';
import { isClosed } from './operations.ts';
import { readProbes } from './probes.ts';
import { readSnapshots } from './snapshots.ts';

/** What an open journal knows of a user, as an observer asks for it (src/fleet/observer.ts). */
export function journalFacts(journal: Sqlite): {
  snapshots(user: string): SnapshotRecord[];
  probes(user: string): ProbeStanding[];
  closed(user: string, now: number): boolean;
} {
  return {
    snapshots: (user) => readSnapshots(journal, user),
    probes: (user) => readProbes(journal, user),
    closed: (user, now) => isClosed(journal, user, now),
  };
}
