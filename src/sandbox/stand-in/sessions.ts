import { randomUUID } from 'node:crypto';
import type Database from 'better-sqlite3';
import type { Client } from './clients.ts';
import { grantOf, type Grant } from './grants.ts';
import type { VersionProfile } from './profiles.ts';
import { sign, signedBy } from './secrets.ts';

/** How long a session lives when nobody says: 30 days (docs/t3-contract.md, Endpoints). */
const defaultSessionLife = 30 * 24 * 3_600_000;

export interface Session {
  id: string;
  method: string;
  grant: Grant;
  subject: string;
  client: Client;
  issuedAt: string;
  expiresAt: string;
  lastConnectedAt: string | null;
}

export interface SessionRequest {
  method: string;
  /** As the column `role` or `scopes` is to have it. */
  stored: string;
  subject: string;
  client: Client;
  life?: number | undefined;
}

/** Make a session and the token that stands for it: `<payload>.<signature>`. */
export function issueSession(
  db: Database.Database,
  profile: VersionProfile,
  key: Buffer,
  request: SessionRequest,
): Session & { token: string } {
  const now = Date.now();
  const expires = now + (request.life ?? defaultSessionLife);
  const session: Session = {
    id: randomUUID(),
    method: request.method,
    grant: grantOf(profile, request.stored),
    subject: request.subject,
    client: request.client,
    issuedAt: new Date(now).toISOString(),
    expiresAt: new Date(expires).toISOString(),
    lastConnectedAt: null,
  };
  const { client } = request;
  db.prepare(
    `INSERT INTO auth_sessions (session_id, subject, ${profile.grant}, method, issued_at, expires_at, client_label,
       client_ip_address, client_user_agent, client_device_type, client_os, client_browser)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    session.id,
    session.subject,
    request.stored,
    session.method,
    session.issuedAt,
    session.expiresAt,
    ...[client.label, client.ipAddress, client.userAgent, client.deviceType, client.os, client.browser].map(
      (value) => value ?? null,
    ),
  );
  const payload = Buffer.from(
    JSON.stringify({
      v: 1,
      kind: 'session',
      sid: session.id,
      sub: session.subject,
      ...session.grant,
      method: session.method,
      iat: now,
      exp: expires,
    }),
  ).toString('base64url');
  return { ...session, token: `${payload}.${sign(key, payload)}` };
}

/**
 * The session that a token stands for; undefined when the token is not ours, or the session is over or revoked.
 *
 * @throws the error of SQLite where the tables are those of another version.
 */
export function verifySession(
  db: Database.Database,
  profile: VersionProfile,
  key: Buffer,
  token: string,
): { method: string; grant: Grant; expiresAt: string } | undefined {
  const [payload = '', signature = ''] = token.split('.');
  if (!signedBy(key, payload, signature)) return undefined;
  const { sid } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { sid: string };
  const row = db
    .prepare<[string, string], { method: string; stored: string; expires_at: string }>(
      `SELECT method, ${profile.grant} AS stored, expires_at FROM auth_sessions
        WHERE session_id = ? AND revoked_at IS NULL AND expires_at > ?`,
    )
    .get(sid, new Date().toISOString());
  if (row === undefined) return undefined;
  return { method: row.method, grant: grantOf(profile, row.stored), expiresAt: row.expires_at };
}

/** The row stays in its table (docs/t3-contract.md, State database). @returns whether there was such a session. */
export function revokeSession(db: Database.Database, id: string): boolean {
  const revoke = db.prepare(
    'UPDATE auth_sessions SET revoked_at = ? WHERE session_id = ? AND revoked_at IS NULL',
  );
  return revoke.run(new Date().toISOString(), id).changes > 0;
}

interface SessionRow {
  session_id: string;
  method: string;
  stored: string;
  subject: string;
  client_label: string | null;
  client_ip_address: string | null;
  client_user_agent: string | null;
  client_device_type: string;
  client_os: string | null;
  client_browser: string | null;
  issued_at: string;
  expires_at: string;
  last_connected_at: string | null;
}

/** The sessions that are still good, newest first. */
export function activeSessions(db: Database.Database, profile: VersionProfile): Session[] {
  return db
    .prepare<[string], SessionRow>(
      `SELECT *, ${profile.grant} AS stored FROM auth_sessions
        WHERE revoked_at IS NULL AND expires_at > ? ORDER BY issued_at DESC, rowid DESC`,
    )
    .all(new Date().toISOString())
    .map((row) => ({
      id: row.session_id,
      method: row.method,
      grant: grantOf(profile, row.stored),
      subject: row.subject,
      client: {
        ...(row.client_label === null ? {} : { label: row.client_label }),
        ...(row.client_ip_address === null ? {} : { ipAddress: row.client_ip_address }),
        ...(row.client_user_agent === null ? {} : { userAgent: row.client_user_agent }),
        deviceType: row.client_device_type,
        ...(row.client_os === null ? {} : { os: row.client_os }),
        ...(row.client_browser === null ? {} : { browser: row.client_browser }),
      },
      issuedAt: row.issued_at,
      expiresAt: row.expires_at,
      lastConnectedAt: row.last_connected_at,
    }));
}
