import { copyFileSync, existsSync, mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';

const fixtures = path.resolve(import.meta.dirname, '../fixtures/t3');

/** Schema levels by version (docs/t3-contract.md, State database). */
export const levels: Record<string, number> = {
  '0.0.24': 30,
  '0.0.27': 32,
  '0.0.33-nightly.20260808.1031': 38,
};

export const databaseOf = (base: string): string => path.join(base, 'userdata/state.sqlite');

export const sideFiles = (base: string): string[] =>
  ['-wal', '-shm'].filter((end) => existsSync(`${databaseOf(base)}${end}`));

/** Lay a copy of a real database into an empty base directory. */
export function layFixture(base: string, version: string): void {
  mkdirSync(path.dirname(databaseOf(base)));
  copyFileSync(path.join(fixtures, `state-${version}.sqlite`), databaseOf(base));
}

/** Put a whole database in the place of a server's own, as a careless restore does. */
export function replaceDatabase(base: string, folder: string): void {
  const other = path.join(folder, 'other.sqlite');
  inDatabase(base, (db) => db.prepare('VACUUM INTO ?').run(other));
  renameSync(other, databaseOf(base));
}

export function inDatabase<Result>(base: string, read: (db: Database.Database) => Result): Result {
  const db = new Database(databaseOf(base), { timeout: 30_000 });
  try {
    return read(db);
  } finally {
    db.close();
  }
}

export const readIn = <Value>(base: string, sql: string): Value =>
  inDatabase(base, (db) => db.prepare(sql).pluck().get() as Value);

export const countIn = (base: string, table: string, where = '1'): number =>
  readIn<number>(base, `SELECT count(*) FROM ${table} WHERE ${where}`);

export const levelIn = (base: string): number =>
  readIn<number>(base, 'SELECT max(migration_id) FROM effect_sql_migrations');

/** All rows that are somebody's work, in the columns of every level. */
export function workIn(base: string): unknown[] {
  const threads = 'SELECT thread_id, title, updated_at, archived_at FROM projection_threads ORDER BY 1';
  const tables = [
    'projection_projects',
    'projection_thread_messages',
    'projection_turns',
    'projection_thread_sessions',
  ];
  return inDatabase(base, (db) =>
    [threads, ...tables.map((table) => `SELECT * FROM ${table} ORDER BY 1`)].map((sql) =>
      db.prepare(sql).all(),
    ),
  );
}
