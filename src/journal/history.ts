import type { Sqlite } from '../host/sqlite.ts';

/** A fact of a user that was one thing, and then another. */
export interface Change {
  user: string;
  /** `unit`, `running`, `schema`, `backup`. */
  fact: string;
  /** Milliseconds since 1970: since when it was seen to be this. */
  at: number;
  value: string;
}

/** Of each fact so many changes are kept. */
const kept = 50;

/** What each fact of everybody was last. */
export function readLatest(db: Sqlite): Change[] {
  return db
    .prepare<[], Change>(
      'SELECT user, fact, at, value FROM history WHERE id IN (SELECT max(id) FROM history GROUP BY user, fact)',
    )
    .all();
}

/** Record what a fact is now, if that is not what it was last. @returns whether it has changed */
export function recordChange(db: Sqlite, change: Change): boolean {
  const last = db
    .prepare<[string, string], { value: string }>(
      'SELECT value FROM history WHERE user = ? AND fact = ? ORDER BY id DESC LIMIT 1',
    )
    .get(change.user, change.fact);
  if (last?.value === change.value) return false;
  db.transaction(() => {
    db.prepare('INSERT INTO history (user, fact, at, value) VALUES (?, ?, ?, ?)').run(
      change.user,
      change.fact,
      change.at,
      change.value,
    );
    db.prepare(
      `DELETE FROM history WHERE user = ? AND fact = ? AND id <= (
         SELECT id FROM history WHERE user = ? AND fact = ? ORDER BY id DESC LIMIT 1 OFFSET ${kept})`,
    ).run(change.user, change.fact, change.user, change.fact);
  })();
  return true;
}

/** What changed for a user, newest first; of one fact, or of all. */
export function readHistory(db: Sqlite, user: string, fact?: string, limit = 100): Change[] {
  return fact === undefined
    ? db
        .prepare<[string, number], Change>(
          'SELECT user, fact, at, value FROM history WHERE user = ? ORDER BY id DESC LIMIT ?',
        )
        .all(user, limit)
    : db
        .prepare<[string, string, number], Change>(
          'SELECT user, fact, at, value FROM history WHERE user = ? AND fact = ? ORDER BY id DESC LIMIT ?',
        )
        .all(user, fact, limit);
}
