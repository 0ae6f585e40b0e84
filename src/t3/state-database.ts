import type { Sqlite } from '../host/sqlite.ts';

/**
 * What is read from a t3 state database. Facts and table names are from docs/t3-contract.md, "State database".
 * These functions run in a short-lived process that has dropped to the owner, which loads as little as possible;
 * state-schema.ts parses what such a process says.
 */

/** One row of t3's migrations table. Compare id **and** name: forks have reused ids. */
export interface Migration {
  id: number;
  name: string;
}

export interface StateFacts {
  /** Every migration that ran, ascending; the last one is the schema level. */
  migrations: Migration[];
  /** When the last one ran, milliseconds since 1970; null where its row does not say. */
  migratedAt: number | null;
  /** Turns in flight: thread sessions with an active turn. A crash may leave such a row behind for ever. */
  inFlight: number;
  /** When the youngest of them last moved, milliseconds since 1970. */
  inFlightMoved: number | null;
  /** The last sign of work in any thread, milliseconds since 1970; null for an empty database. */
  lastActivity: number | null;
}

/** How much work is in a database, in rows. */
export interface Work {
  projects: number;
  threads: number;
  messages: number;
  turns: number;
  /** The last sign of work in any thread, milliseconds since 1970; absent where it was not looked for. */
  lastActivity?: number | null | undefined;
}

/** More than any t3 has, and few enough to be kept with every snapshot. */
const mostMigrations = 10_000;

const tables = {
  migrations: 'effect_sql_migrations',
  projects: 'projection_projects',
  threads: 'projection_threads',
  messages: 'projection_thread_messages',
  turns: 'projection_turns',
  sessions: 'projection_thread_sessions',
} as const;

/** The database is not one of t3, or not one that this code understands; says what is missing. */
export class NotStateDatabase extends Error {
  override readonly name = 'NotStateDatabase';
}

/**
 * Schema level and activity, in one consistent view, by queries that touch only small tables: how much a database
 * holds (`countWork`) costs a scan.
 *
 * @throws NotStateDatabase
 */
export function readState(db: Sqlite): StateFacts {
  return db.transaction((): StateFacts => {
    requireTables(db, [tables.migrations, tables.threads, tables.sessions]);
    const sessions = db
      .prepare<[], { updated_at: unknown }>(
        `SELECT updated_at FROM ${tables.sessions} WHERE active_turn_id IS NOT NULL`,
      )
      .all();
    const last = db
      .prepare<[], { updated: unknown; asked: unknown; session: unknown }>(
        `SELECT (SELECT max(updated_at) FROM ${tables.threads}) AS updated,
                (SELECT max(latest_user_message_at) FROM ${tables.threads}) AS asked,
                (SELECT max(updated_at) FROM ${tables.sessions} WHERE active_turn_id IS NOT NULL) AS session`,
      )
      .get();
    return {
      migrations: readMigrations(db),
      migratedAt: migrationTime(db),
      inFlight: sessions.length,
      inFlightMoved: latest(sessions.map((row) => row.updated_at)),
      lastActivity: latest([last?.updated, last?.asked, last?.session]),
    };
  })();
}

/** The rows of the migrations table, ascending. @throws NotStateDatabase */
export function readMigrations(db: Sqlite): Migration[] {
  requireTables(db, [tables.migrations]);
  const rows = db
    .prepare<[], { migration_id: unknown; name: unknown }>(
      `SELECT migration_id, name FROM ${tables.migrations} ORDER BY migration_id LIMIT ${mostMigrations + 1}`,
    )
    .all();
  if (rows.length > mostMigrations)
    throw new NotStateDatabase(`more than ${mostMigrations} migrations: not a t3 state database`);
  return rows.map((row) => ({ id: Number(row.migration_id), name: String(row.name) }));
}

/** `created_at` is SQLite's `current_timestamp`: UTC, without saying so. */
function migrationTime(db: Sqlite): number | null {
  const row = db
    .prepare<[], { created_at: unknown }>(
      `SELECT created_at FROM ${tables.migrations} ORDER BY migration_id DESC LIMIT 1`,
    )
    .get();
  const text = row?.created_at;
  const time =
    typeof text === 'string' && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)
      ? Date.parse(`${text.replace(' ', 'T')}Z`)
      : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

/** Count the rows that are somebody's work; scans the smallest index of each table. @throws NotStateDatabase */
export function countWork(db: Sqlite): Work {
  requireTables(db, [tables.projects, tables.threads, tables.messages, tables.turns]);
  const count = (table: string) =>
    db.prepare<[], { rows: number }>(`SELECT count(*) AS rows FROM ${table}`).get()?.rows ?? 0;
  return {
    projects: count(tables.projects),
    threads: count(tables.threads),
    messages: count(tables.messages),
    turns: count(tables.turns),
    lastActivity: lastActivity(db),
  };
}

/** The last sign of work: not `provider_session_runtime`, which moves at every start (docs/t3-contract.md). */
function lastActivity(db: Sqlite): number | null {
  const row = db
    .prepare<[], { updated: unknown; asked: unknown }>(
      `SELECT max(updated_at) AS updated, max(latest_user_message_at) AS asked FROM ${tables.threads}`,
    )
    .get();
  return latest([row?.updated, row?.asked]);
}

/**
 * Only real tables count: a crafted view of the same name, or a virtual table, which is a program of its own over whatever
 * its shadow tables hold, could make a harmless query run for ever.
 */
function requireTables(db: Sqlite, names: readonly string[]): void {
  const find = db.prepare<[string], { real: number }>(
    // What SQLite writes there for every table that is one (sqlite.org/schematab.html).
    `SELECT type = 'table' AND substr(sql, 1, 13) = 'CREATE TABLE ' COLLATE NOCASE AS real
       FROM sqlite_schema WHERE name = ?`,
  );
  for (const name of names) {
    if (find.get(name)?.real !== 1) throw new NotStateDatabase(`no table ${name}: not a t3 state database`);
  }
}

/** The latest of some ISO timestamps; what is none does not count. */
function latest(texts: readonly unknown[]): number | null {
  const times = texts
    .map((text) =>
      typeof text === 'string' && /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN,
    )
    .filter((time) => !Number.isNaN(time));
  return times.length === 0 ? null : Math.max(...times);
}

/** The highest migration: what t3 calls the schema level. */
export function schemaLevel(migrations: readonly Migration[]): Migration | undefined {
  return migrations.at(-1);
}
