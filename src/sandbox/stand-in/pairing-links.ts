import { randomBytes, randomUUID } from 'node:crypto';
import type Database from 'better-sqlite3';
import { grantOf, linkSubject, ownerSubject, storedGrant, type Grant, type Standing } from './grants.ts';
import type { VersionProfile } from './profiles.ts';

/** Twelve of these are a credential: A to Z and 2 to 9, without the letters that look like digits. */
const alphabet = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';
const credentialLength = 12;

/** How long a credential is good for when nobody says, milliseconds; the one in a server's log always. */
export const defaultLinkLife = 5 * 60_000;

export interface PairingLink {
  id: string;
  credential: string;
  label: string | null;
  grant: Grant;
  createdAt: string;
  expiresAt: string;
}

interface LinkRow {
  id: string;
  credential: string;
  label: string | null;
  stored: string;
  subject: string;
  created_at: string;
  expires_at: string;
}

/**
 * Make a link with a fresh credential.
 *
 * @throws the error of SQLite where the tables are those of another version.
 */
export function issueLink(
  db: Database.Database,
  profile: VersionProfile,
  options: { standing: Standing; life?: number | undefined; label?: string | undefined },
): PairingLink {
  const now = Date.now();
  const stored = storedGrant(profile, options.standing);
  const link: PairingLink = {
    id: randomUUID(),
    credential: Array.from(randomBytes(credentialLength), (byte) => alphabet[byte % alphabet.length]).join(
      '',
    ),
    label: options.label ?? null,
    grant: grantOf(profile, stored),
    createdAt: new Date(now).toISOString(),
    expiresAt: new Date(now + (options.life ?? defaultLinkLife)).toISOString(),
  };
  const subject = options.standing === 'owner' ? ownerSubject(profile) : linkSubject;
  db.prepare(
    `INSERT INTO auth_pairing_links (id, credential, method, ${profile.grant}, subject, label, created_at, expires_at)
     VALUES (?, ?, 'one-time-token', ?, ?, ?, ?, ?)`,
  ).run(link.id, link.credential, stored, subject, link.label, link.createdAt, link.expiresAt);
  return link;
}

/**
 * Use a credential up; undefined when it is unknown, used, revoked or expired, which nobody can tell apart
 * (docs/t3-contract.md, Endpoints).
 */
export function consumeLink(
  db: Database.Database,
  profile: VersionProfile,
  credential: string,
): { stored: string; subject: string; label: string | null } | undefined {
  const now = new Date().toISOString();
  return db
    .prepare<[string, string, string], { stored: string; subject: string; label: string | null }>(
      `UPDATE auth_pairing_links SET consumed_at = ?
        WHERE credential = ? AND consumed_at IS NULL AND revoked_at IS NULL AND expires_at > ?
        RETURNING ${profile.grant} AS stored, subject, label`,
    )
    .get(now, credential, now);
}

/** The links that can still be used, newest first, without the owner's. */
export function activeLinks(db: Database.Database, profile: VersionProfile): PairingLink[] {
  return db
    .prepare<[string, string], LinkRow>(
      `SELECT id, credential, label, ${profile.grant} AS stored, subject, created_at, expires_at
         FROM auth_pairing_links
        WHERE consumed_at IS NULL AND revoked_at IS NULL AND expires_at > ? AND subject <> ?
        ORDER BY created_at DESC, rowid DESC`,
    )
    .all(new Date().toISOString(), ownerSubject(profile))
    .map((row) => ({
      id: row.id,
      credential: row.credential,
      label: row.label,
      grant: grantOf(profile, row.stored),
      createdAt: row.created_at,
      expiresAt: row.expires_at,
    }));
}

/** The row stays in its table (docs/t3-contract.md, State database). @returns whether there was such a link. */
export function revokeLink(db: Database.Database, id: string): boolean {
  const revoke = db.prepare(
    'UPDATE auth_pairing_links SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL AND consumed_at IS NULL',
  );
  return revoke.run(new Date().toISOString(), id).changes > 0;
}
