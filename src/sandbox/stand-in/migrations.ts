import type Database from 'better-sqlite3';
import { migrations30, schema30 } from './schema-30.ts';

/** One migration of t3 after 0.0.24. */
interface Migration {
  id: number;
  name: string;
  statements: readonly string[];
}

const scopesTables: readonly string[] = [
  'DROP TABLE auth_pairing_links',
  'DROP TABLE auth_sessions',
  `CREATE TABLE auth_pairing_links (
      id TEXT PRIMARY KEY,
      credential TEXT NOT NULL UNIQUE,
      method TEXT NOT NULL,
      scopes TEXT NOT NULL,
      subject TEXT NOT NULL,
      label TEXT,
      created_at TEXT NOT NULL,
      expires_at TEXT NOT NULL,
      consumed_at TEXT,
      revoked_at TEXT
    )`,
  `CREATE INDEX idx_auth_pairing_links_active
    ON auth_pairing_links(revoked_at, consumed_at, expires_at)`,
  `CREATE TABLE auth_sessions (
      session_id TEXT PRIMARY KEY,
      subject TEXT NOT NULL,
      scopes TEXT NOT NULL,
      method TEXT NOT NULL,
      client_label TEXT,
      client_ip_address TEXT,
      client_user_agent TEXT,
      client_device_type TEXT NOT NULL DEFAULT 'unknown',
      client_os TEXT,
      client_browser TEXT,
      issued_at TEXT NOT NULL,
      expires_at TEXT NOT NULL,
      last_connected_at TEXT,
      revoked_at TEXT
    )`,
  `CREATE INDEX idx_auth_sessions_active
    ON auth_sessions(revoked_at, expires_at, issued_at)`,
];

const addThreadColumns = (...columns: string[]) =>
  columns.map((column) => `ALTER TABLE projection_threads ADD COLUMN ${column} TEXT`);

/** Migrations 31 to 38 (docs/t3-contract.md, state database): 31 drops everybody's sessions and links, the rest keeps them. */
const later: readonly Migration[] = [
  { id: 31, name: 'AuthAuthorizationScopes', statements: scopesTables },
  {
    id: 32,
    name: 'AuthPairingProofKeyThumbprint',
    statements: ['ALTER TABLE auth_pairing_links ADD COLUMN proof_key_thumbprint TEXT'],
  },
  {
    id: 33,
    name: 'ProjectionThreadsSettled',
    statements: addThreadColumns('settled_override', 'settled_at'),
  },
  { id: 34, name: 'ProjectionThreadsSnoozed', statements: addThreadColumns('snoozed_until', 'snoozed_at') },
  {
    id: 35,
    name: 'ProjectionThreadTitleRegeneration',
    statements: addThreadColumns('title_regeneration_request_id', 'title_regeneration_started_at'),
  },
  { id: 36, name: 'ProjectionThreadsPinned', statements: addThreadColumns('pinned_at') },
  {
    id: 37,
    name: 'ProjectionTurnsKeysetIndex',
    statements: [
      `CREATE INDEX idx_projection_turns_thread_keyset
    ON projection_turns(thread_id, requested_at, turn_id)`,
    ],
  },
  { id: 38, name: 'ProjectionThreadsPinOrderKey', statements: addThreadColumns('pin_order_key') },
];

/** The highest migration that has run; 0 for an empty database. */
export function levelOf(db: Database.Database): number {
  const table = db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'effect_sql_migrations'`).get();
  if (table === undefined) return 0;
  return (
    db
      .prepare<[], { level: number }>(
        'SELECT coalesce(max(migration_id), 0) AS level FROM effect_sql_migrations',
      )
      .get()?.level ?? 0
  );
}

/**
 * Run what is missing up to `level`, as t3 does at every start and before every `auth` command. A database that is
 * ahead is left as it is.
 *
 * @returns the names of what ran.
 */
export function migrate(db: Database.Database, level: number): string[] {
  return db
    .transaction((): string[] => {
      const found = levelOf(db);
      const ran: string[] = [];
      const record = (id: number, name: string) => {
        db.prepare('INSERT INTO effect_sql_migrations (migration_id, name) VALUES (?, ?)').run(id, name);
        ran.push(`${id}_${name}`);
      };
      if (found === 0) {
        for (const statement of schema30) db.exec(statement);
        migrations30.forEach((name, index) => record(index + 1, name));
      }
      for (const migration of later) {
        if (migration.id <= found || migration.id > level) continue;
        for (const statement of migration.statements) db.exec(statement);
        record(migration.id, migration.name);
      }
      return ran;
    })
    .immediate();
}
