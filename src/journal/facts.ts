import type { Sqlite } from '../host/sqlite.ts';
import type { SnapshotRecord } from '../snapshots/catalog.ts';
import type { ProbeStanding } from '../t3/verdict.ts';
import { dataVersion } from './events.ts';
import { isClosed } from './operations.ts';
import { readProbes } from './probes.ts';
import { readSnapshots } from './snapshots.ts';

interface Facts {
  snapshots(user: string): readonly SnapshotRecord[];
  probes(user: string): readonly ProbeStanding[];
  closed(user: string, now: number): boolean;
}

/** What an open journal knows of a user, as an observer asks for it (src/fleet/observer.ts). */
export function journalFacts(journal: Sqlite): Facts {
  return {
    snapshots: (user) => readSnapshots(journal, user),
    probes: (user) => readProbes(journal, user),
    closed: (user, now) => isClosed(journal, user, now),
  };
}

/**
 * The same, for whoever asks again and again: what was read is told once more, and is the same object, as long as nobody
 * has committed anything since. Only for a connection that writes nothing itself: what it commits is not seen here.
 */
export function rememberedFacts(journal: Sqlite): Facts {
  const facts = journalFacts(journal);
  const snapshots = new Map<string, readonly SnapshotRecord[]>();
  const probes = new Map<string, readonly ProbeStanding[]>();
  let read: number | undefined;
  let asked: number | undefined;
  // Once a turn of the event loop: everybody is looked at in the same one, and each question takes four locks.
  const version = (): number => {
    if (asked === undefined) {
      asked = dataVersion(journal);
      setImmediate(() => (asked = undefined));
    }
    return asked;
  };
  const remembered = <Value>(all: Map<string, Value>, user: string, ask: (user: string) => Value): Value => {
    const now = version();
    if (now !== read) {
      snapshots.clear();
      probes.clear();
      read = now;
    }
    const found = all.get(user) ?? ask(user);
    all.set(user, found);
    return found;
  };
  return {
    snapshots: (user) => remembered(snapshots, user, facts.snapshots),
    probes: (user) => remembered(probes, user, facts.probes),
    closed: facts.closed,
  };
}
