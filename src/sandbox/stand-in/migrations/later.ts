/** One of t3's migrations: what it is recorded as, and what it does. */
export interface Migration {
  id: number;
  name: string;
  sql: string;
}

const authTablesWithScopes = `
DROP TABLE auth_pairing_links;
DROP TABLE auth_sessions;
CREATE TABLE auth_pairing_links (
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
);
CREATE TABLE auth_sessions (
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
);
CREATE INDEX idx_auth_pairing_links_active ON auth_pairing_links(revoked_at, consumed_at, expires_at);
CREATE INDEX idx_auth_sessions_active ON auth_sessions(revoked_at, expires_at, issued_at);
`;

const addThreadColumns = (...columns: string[]) =>
  columns.map((column) => `ALTER TABLE projection_threads ADD COLUMN ${column} TEXT;`).join('\n');

/**
 * Migrations 31 to 38, as the fixtures before and after them show (docs/t3-contract.md, State database). 31 drops every
 * session and link; the others add empty columns and an index, and leave all rows as they are.
 */
export const later: readonly Migration[] = [
  { id: 31, name: 'AuthAuthorizationScopes', sql: authTablesWithScopes },
  {
    id: 32,
    name: 'AuthPairingProofKeyThumbprint',
    sql: 'ALTER TABLE auth_pairing_links ADD COLUMN proof_key_thumbprint TEXT;',
  },
  { id: 33, name: 'ProjectionThreadsSettled', sql: addThreadColumns('settled_override', 'settled_at') },
  { id: 34, name: 'ProjectionThreadsSnoozed', sql: addThreadColumns('snoozed_until', 'snoozed_at') },
  {
    id: 35,
    name: 'ProjectionThreadTitleRegeneration',
    sql: addThreadColumns('title_regeneration_request_id', 'title_regeneration_started_at'),
  },
  { id: 36, name: 'ProjectionThreadsPinned', sql: addThreadColumns('pinned_at') },
  {
    id: 37,
    name: 'ProjectionTurnsKeysetIndex',
    sql: 'CREATE INDEX idx_projection_turns_thread_keyset ON projection_turns(thread_id, requested_at, turn_id);',
  },
  { id: 38, name: 'ProjectionThreadsPinOrderKey', sql: addThreadColumns('pin_order_key') },
];
