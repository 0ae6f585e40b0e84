import type { SnapshotRecord } from '../snapshots/catalog.ts';
import type { ProbeStanding } from '../t3/verdict.ts';

/** What is known of a user from the journal; each throws in words where the journal cannot be read. */
export interface JournalFacts {
  /** The snapshots that it vouches for. */
  snapshots(user: string): readonly SnapshotRecord[];
  /** How the handshake went, by route and name. */
  probes(user: string): readonly ProbeStanding[];
  /** Is an operation about to have this user's database for itself? Whoever opens it meanwhile makes that take longer. */
  closed(user: string, now: number): boolean;
}

const nothing: readonly never[] = [];

/** Where there is no journal: nothing was ever recorded. */
export const emptyJournal: JournalFacts = {
  snapshots: () => nothing,
  probes: () => nothing,
  closed: () => false,
};
