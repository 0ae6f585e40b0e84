import type { Sqlite } from '../host/sqlite.ts';

/** When somebody was last told of something, and what was so then. */
export interface Look {
  /** Milliseconds since 1970. */
  at: number;
  seen: unknown;
}

export function readLook(db: Sqlite, subject: string): Look | undefined {
  const row = db
    .prepare<[string], { at: number; seen: string }>('SELECT at, seen FROM looks WHERE subject = ?')
    .get(subject);
  return row === undefined ? undefined : { at: row.at, seen: JSON.parse(row.seen) };
}

export function recordLook(db: Sqlite, subject: string, { at, seen }: Look): void {
  db.prepare(
    `INSERT INTO looks (subject, at, seen) VALUES (?, ?, ?)
     ON CONFLICT (subject) DO UPDATE SET at = excluded.at, seen = excluded.seen`,
  ).run(subject, at, JSON.stringify(seen));
}
