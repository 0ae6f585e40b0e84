import { createHmac, randomBytes, randomInt, randomUUID, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type Database from 'better-sqlite3';
import type { BaseDir } from './database.ts';
import type { Profile } from './profiles.ts';

const clientScopes = [
  'orchestration:read',
  'orchestration:operate',
  'terminal:operate',
  'review:write',
  'relay:read',
];
const ownerScopes = [...clientScopes, 'access:read', 'access:write', 'relay:write'];
const sessionLife = 30 * 24 * 3_600_000;

/** A pairing link as the command line prints it. */
export interface PairingLink {
  id: string;
  credential: string;
  label: string | undefined;
  expiresAt: string;
}

/** What a session grants, in the words of the version: `{ role }` or `{ scopes }`. */
export function grantOf(profile: Profile, stored: string): { role: string } | { scopes: string[] } {
  return profile.grants === 'role' ? { role: stored } : { scopes: JSON.parse(stored) as string[] };
}

const storedGrant = (profile: Profile, owner: boolean) =>
  profile.grants === 'role'
    ? owner
      ? 'owner'
      : 'client'
    : JSON.stringify(owner ? ownerScopes : clientScopes);

/** Twelve characters that nobody confuses: A to Z without I and O, 2 to 9. */
function newCredential(): string {
  const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
  return Array.from({ length: 12 }, () => alphabet[randomInt(alphabet.length)]).join('');
}

/** @throws the SQLite error of a database whose tables are of another version. */
export function createLink(
  db: Database.Database,
  profile: Profile,
  life: number,
  options: { label?: string; owner?: boolean } = {},
): PairingLink {
  const now = Date.now();
  const owner = options.owner === true;
  const subject = owner
    ? profile.grants === 'role'
      ? 'owner-bootstrap'
      : 'administrative-bootstrap'
    : 'one-time-token';
  const link: PairingLink = {
    id: randomUUID(),
    credential: newCredential(),
    label: options.label,
    expiresAt: new Date(now + life).toISOString(),
  };
  db.prepare(
    `INSERT INTO auth_pairing_links (id, credential, method, ${profile.grants}, subject, label, created_at, expires_at)
     VALUES (?, ?, 'one-time-token', ?, ?, ?, ?, ?)`,
  ).run(
    link.id,
    link.credential,
    storedGrant(profile, owner),
    subject,
    link.label ?? null,
    new Date(now).toISOString(),
    link.expiresAt,
  );
  return link;
}

export interface IssuedSession {
  id: string;
  grant: { role: string } | { scopes: string[] };
  expiresAt: Date;
  /** `<payload>.<signature>`. */
  token: string;
}

/** Exchange a credential, once; undefined when it is bad, used, revoked or expired. */
export function exchange(
  db: Database.Database,
  profile: Profile,
  key: Buffer,
  credential: string,
  address: string,
): IssuedSession | undefined {
  return db.transaction((): IssuedSession | undefined => {
    const now = new Date();
    const link = db
      .prepare<[string, string], { id: string; stored: string; subject: string; label: string | null }>(
        `SELECT id, ${profile.grants} AS stored, subject, label FROM auth_pairing_links
          WHERE credential = ? AND consumed_at IS NULL AND revoked_at IS NULL AND expires_at > ?`,
      )
      .get(credential, now.toISOString());
    if (link === undefined) return undefined;
    db.prepare('UPDATE auth_pairing_links SET consumed_at = ? WHERE id = ?').run(now.toISOString(), link.id);
    return issueSession(db, profile, key, {
      stored: link.stored,
      subject: link.subject,
      label: link.label,
      address,
    });
  })();
}

export function issueSession(
  db: Database.Database,
  profile: Profile,
  key: Buffer,
  about: { stored?: string; subject: string; label: string | null; address: string },
): IssuedSession {
  const now = new Date();
  const stored = about.stored ?? storedGrant(profile, false);
  const session = {
    id: randomUUID(),
    grant: grantOf(profile, stored),
    expiresAt: new Date(now.getTime() + sessionLife),
  };
  db.prepare(
    `INSERT INTO auth_sessions (session_id, subject, ${profile.grants}, method, issued_at, expires_at, client_label, client_ip_address)
     VALUES (?, ?, ?, 'browser-session-cookie', ?, ?, ?, ?)`,
  ).run(
    session.id,
    about.subject,
    stored,
    now.toISOString(),
    session.expiresAt.toISOString(),
    about.label,
    about.address,
  );
  const payload = Buffer.from(
    JSON.stringify({
      v: 1,
      kind: 'session',
      sid: session.id,
      sub: about.subject,
      ...session.grant,
      method: 'browser-session-cookie',
      iat: now.getTime(),
      exp: session.expiresAt.getTime(),
    }),
  ).toString('base64url');
  return { ...session, token: `${payload}.${sign(key, payload)}` };
}

/** The session that a token stands for, if it is ours, alive and not revoked. */
export function sessionOf(
  db: Database.Database,
  profile: Profile,
  key: Buffer,
  token: string,
): { grant: object; expiresAt: string } | undefined {
  const [payload = '', signature = ''] = token.split('.');
  const expected = Buffer.from(sign(key, payload));
  const given = Buffer.from(signature);
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) return undefined;
  const { sid } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { sid: string };
  const row = db
    .prepare<[string, string], { stored: string; expires_at: string }>(
      `SELECT ${profile.grants} AS stored, expires_at FROM auth_sessions WHERE session_id = ? AND revoked_at IS NULL AND expires_at > ?`,
    )
    .get(sid, new Date().toISOString());
  return row === undefined ? undefined : { grant: grantOf(profile, row.stored), expiresAt: row.expires_at };
}

/** The key that signs sessions; made at first use. */
export function signingKey(base: BaseDir): Buffer {
  const file = path.join(base.secrets, 'server-signing-key.bin');
  if (!existsSync(file)) writeFileSync(file, randomBytes(32), { mode: 0o600 });
  return readFileSync(file);
}

function sign(key: Buffer, payload: string): string {
  return createHmac('sha256', key).update(payload).digest('base64url');
}
