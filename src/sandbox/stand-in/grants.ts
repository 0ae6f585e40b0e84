import type { VersionProfile } from './profiles.ts';

/** What a link or a session allows. */
export type Standing = 'owner' | 'client';

/** As documents have it: `role`, or from 0.0.25 on `scopes`. */
export type Grant = { role: string } | { scopes: readonly string[] };

const clientScopes = [
  'orchestration:read',
  'orchestration:operate',
  'terminal:operate',
  'review:write',
  'relay:read',
];
const ownerScopes = [...clientScopes, 'access:read', 'access:write', 'relay:write'];

/** As the column `role` or `scopes` has it. */
export function storedGrant({ grant }: VersionProfile, standing: Standing): string {
  if (grant === 'role') return standing;
  return JSON.stringify(standing === 'owner' ? ownerScopes : clientScopes);
}

export function grantOf({ grant }: VersionProfile, stored: string): Grant {
  return grant === 'role' ? { role: stored } : { scopes: JSON.parse(stored) as string[] };
}

/** Whom the credential of a server's own log is for; lists of links leave it out. */
export function ownerSubject({ grant }: VersionProfile): string {
  return grant === 'role' ? 'owner-bootstrap' : 'administrative-bootstrap';
}

/** Whom every other link is for. */
export const linkSubject = 'one-time-token';
