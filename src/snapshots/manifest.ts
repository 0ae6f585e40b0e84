import type { Migration, Work } from '../t3/state-database.ts';
import type { SnapshotKind } from './names.ts';

/** What a snapshot of the state database does not hold; every plan and manifest says so (docs/t3-contract.md, process). */
export const notIncluded = ['attachments', 'secrets', 'worktrees', 'caches', 'logs'] as const;

/** What the process that took or checked a snapshot found in it. */
export interface SnapshotFacts {
  bytes: number;
  /** In hex. */
  sha256: string;
  pageSize: number;
  migrations: Migration[];
  work: Work;
}

/**
 * The manifest beside a snapshot, for people and for recovering by hand. The folder belongs to the user, so nothing
 * in it is proof of anything: the checksum that counts is in the journal.
 */
export interface Manifest extends SnapshotFacts {
  schema: 1;
  file: string;
  user: string;
  kind: SnapshotKind;
  /** ISO 8601, UTC. */
  takenAt: string;
  source: string;
  /** The t3 version that ran, if any. */
  version: string | null;
  notIncluded: string[];
}

/** The manifest's file of a snapshot's file. */
export function manifestFile(snapshot: string): string {
  return snapshot.replace(/\.sqlite$/, '.json');
}
