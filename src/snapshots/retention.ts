import { schemaLevel } from '../t3/state-database.ts';
import { fromTheFuture, type CatalogEntry } from './catalog.ts';

/** How much is kept, of verified snapshots of ours; the rest of guarantee 9 is no setting. */
export interface RetentionRule {
  /** The newest ones, whatever they are. */
  last: number;
  /** Of each of so many days with snapshots, the newest. */
  daily: number;
  /** Of each of so many weeks with snapshots, the newest. */
  weekly: number;
  /** Of each t3 version and schema, so many. At least one: it is what going back to that version needs. */
  perVersion: number;
  /** Milliseconds for which what a restore replaced is kept. */
  prerestore: number;
}

/** What is to become of a snapshot, and why. */
export interface Retained {
  entry: CatalogEntry;
  /** Why it is kept; undefined when nothing speaks for it. */
  because: string | undefined;
}

/**
 * Which of one user's snapshots to keep (guarantee 9). Pure. What we did not make, what is protected, damaged, or not
 * what was recorded is kept whatever the rule says: it is not ours to judge. Removing those that nothing speaks for
 * changes nothing of what speaks for the others, so this can be asked again after each.
 *
 * @param entries Of one user, newest first, as `catalog` lists them.
 * @param now Milliseconds since 1970.
 */
export function retain(entries: readonly CatalogEntry[], rule: RetentionRule, now: number): Retained[] {
  const candidates = entries.filter((entry) => untouchable(entry, rule, now) === undefined);
  const reasons = reasonsFor(candidates, rule);
  return entries
    .filter((entry) => entry.standing !== 'missing')
    .map((entry) => ({ entry, because: untouchable(entry, rule, now) ?? reasons.get(entry) }));
}

/** Why no rule may remove it. */
function untouchable(entry: CatalogEntry, rule: RetentionRule, now: number): string | undefined {
  const { record } = entry;
  if (entry.origin === 'host') return 'made by the host’s own script';
  if (record === undefined || record.operation === undefined) return 'not made by this cockpit';
  if (record.protected) return 'protected';
  if (entry.standing !== 'verified') return `${entry.standing}: to be looked at`;
  if (fromTheFuture(entry, now)) return 'from the future: the clock is to be looked at';
  if (entry.kind === 'prerestore' && now - entry.takenAt < rule.prerestore)
    return 'what a restore replaced, not long ago';
  return undefined;
}

/** What speaks for each verified snapshot of ours. The first reason found is the one given. */
function reasonsFor(candidates: readonly CatalogEntry[], rule: RetentionRule): Map<CatalogEntry, string> {
  const reasons = new Map<CatalogEntry, string>();
  const give = (chosen: readonly CatalogEntry[], because: (entry: CatalogEntry) => string) => {
    for (const entry of chosen) if (!reasons.has(entry)) reasons.set(entry, because(entry));
  };
  give(candidates.slice(0, 1), () => 'the newest verified one');
  const versionOf = (entry: CatalogEntry) => entry.version ?? 'an unknown version';
  // Versions and schemas move as a pair, and of a server that was down only the schema is known.
  const pairOf = (entry: CatalogEntry) => {
    const level = schemaLevel(entry.record?.migrations ?? []);
    return `${versionOf(entry)} ${level?.id} ${level?.name}`;
  };
  // What a bump can be taken back to; nobody knows yet which version is the next to be left.
  give(
    newestOf(
      candidates.filter((entry) => entry.kind === 'prebump'),
      pairOf,
      1,
    ),
    (entry) => `the way back to ${versionOf(entry)}`,
  );
  give(
    newestOf(candidates, pairOf, Math.max(1, rule.perVersion)),
    (entry) => `of ${versionOf(entry)} and its schema, the newest ${rule.perVersion}`,
  );
  give(candidates.slice(0, rule.last), () => `of the newest ${rule.last}`);
  give(newestOf(candidates, dayOf, 1).slice(0, rule.daily), (entry) => `of the day ${dayOf(entry)}`);
  give(newestOf(candidates, weekOf, 1).slice(0, rule.weekly), (entry) => `of the week from ${weekOf(entry)}`);
  return reasons;
}

/** The newest `count` of each group, newest first. */
function newestOf(
  entries: readonly CatalogEntry[],
  group: (entry: CatalogEntry) => string,
  count: number,
): CatalogEntry[] {
  const seen = new Map<string, number>();
  return entries.filter((entry) => {
    const nth = (seen.get(group(entry)) ?? 0) + 1;
    seen.set(group(entry), nth);
    return nth <= count;
  });
}

/** Days and weeks are UTC's, as the names are: a change of the time zone must not move a snapshot to another day. */
function dayOf({ takenAt }: CatalogEntry): string {
  return new Date(takenAt).toISOString().slice(0, 10);
}

/** The Monday of its week. */
function weekOf({ takenAt }: CatalogEntry): string {
  const date = new Date(takenAt);
  date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  return date.toISOString().slice(0, 10);
}
