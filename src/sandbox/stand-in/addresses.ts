import { createHash } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import type { BaseDir } from './base-dir.ts';
import type { HttpRules } from './profiles.ts';

/** Whether only this machine can reach what is bound to a host. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || host.startsWith('127.');
}

/** The name of the session cookie (docs/t3-contract.md, Endpoints). */
export function cookieName(rules: HttpRules, base: BaseDir, host: string, port: number): string {
  if (rules.cookieName === 'plain' || !isLoopback(host)) return 't3_session';
  const digest = createHash('sha256').update(base.userdata).digest('hex').slice(0, 12);
  return `t3_session_${port}_${digest}`;
}

/** A host as URLs have it. */
export function inUrl(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

const isWildcard = (host: string) => host === '0.0.0.0' || host === '::' || host === '[::]';

/** Where a program of this machine reaches an instance: what `server-runtime.json` calls its origin. */
export function originOf(host: string, port: number): string {
  return `http://${isWildcard(host) ? '127.0.0.1' : inUrl(host)}:${port}`;
}

/** Where somebody else reaches it: a bind to all addresses is advertised by the first one that leads outside. */
export function connectionString(host: string, port: number): string {
  if (!isWildcard(host)) return `http://${inUrl(host)}:${port}`;
  const outside = Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .find((entry) => !entry.internal && entry.family === 'IPv4');
  return `http://${outside?.address ?? 'localhost'}:${port}`;
}
