import type { Client } from './clients.ts';
import type { Grant } from './grants.ts';
import type { PairingLink } from './pairing-links.ts';
import type { Session } from './sessions.ts';

/**
 * What the `auth` commands print. JSON, and the text of `pairing create`, as the transcripts have it; the other texts
 * follow the same manner, no transcript shows them.
 */

/** Indented, and a blank line after it. */
const json = (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n\n`;
const text = (...lines: string[]) => `${lines.join('\n')}\n\n`;
const labelled = (label: string | null) => (label === null ? {} : { label });
const grantText = (grant: Grant) => ('role' in grant ? grant.role : grant.scopes.join(', '));
const grantLine = (grant: Grant) => `  ${'role' in grant ? 'role' : 'scopes'}: ${grantText(grant)}`;

export function issuedLink(
  link: PairingLink,
  options: { json: boolean; baseUrl: string | undefined },
): string {
  const pairUrl = options.baseUrl === undefined ? undefined : pairingUrl(options.baseUrl, link.credential);
  if (options.json)
    return json({
      id: link.id,
      credential: link.credential,
      ...labelled(link.label),
      ...link.grant,
      expiresAt: link.expiresAt,
      ...(pairUrl === undefined ? {} : { pairUrl }),
    });
  return text(
    `Issued client pairing token ${link.id}.`,
    `Token: ${link.credential}`,
    ...(pairUrl === undefined ? [] : [`Pair URL: ${pairUrl}`]),
    `Expires at: DateTime.Utc(${link.expiresAt})`,
  );
}

/** Where a browser goes with a credential: the part after `#` never reaches a server's log. */
export function pairingUrl(base: string, credential: string): string {
  return new URL(`/pair#token=${credential}`, base).toString();
}

export function linkList(links: readonly PairingLink[], asJson: boolean): string {
  if (asJson)
    return json(
      links.map((link) => ({
        id: link.id,
        ...labelled(link.label),
        ...link.grant,
        createdAt: link.createdAt,
        expiresAt: link.expiresAt,
      })),
    );
  if (links.length === 0) return text('No active pairing credentials.');
  return links
    .map((link) =>
      text(
        `${link.id}${link.label === null ? '' : ` (${link.label})`}`,
        grantLine(link.grant),
        `  created: ${link.createdAt}`,
        `  expires: ${link.expiresAt}`,
      ),
    )
    .join('');
}

export function issuedSession(session: Session & { token: string }, as: 'json' | 'token' | 'text'): string {
  if (as === 'token') return text(session.token);
  if (as === 'json')
    return json({
      sessionId: session.id,
      token: session.token,
      method: session.method,
      ...session.grant,
      subject: session.subject,
      client: session.client,
      expiresAt: session.expiresAt,
    });
  return text(
    `Issued bearer session ${session.id}.`,
    `Token: ${session.token}`,
    `Subject: ${session.subject}`,
    `Client: ${clientText(session.client)}`,
    `Expires at: ${session.expiresAt}`,
  );
}

export function sessionList(sessions: readonly Session[], asJson: boolean): string {
  if (asJson)
    return json(
      sessions.map((session) => ({
        sessionId: session.id,
        method: session.method,
        ...session.grant,
        subject: session.subject,
        client: session.client,
        // The command line cannot know who is connected to the server.
        connected: false,
        issuedAt: session.issuedAt,
        expiresAt: session.expiresAt,
        lastConnectedAt: session.lastConnectedAt,
      })),
    );
  if (sessions.length === 0) return text('No active sessions.');
  return sessions
    .map((session) =>
      text(
        `${session.id} [${grantText(session.grant)}]`,
        `  method: ${session.method}`,
        `  client: ${clientText(session.client)}`,
        `  issued: ${session.issuedAt}`,
        `  expires: ${session.expiresAt}`,
      ),
    )
    .join('');
}

export function revokedLink(id: string, revoked: boolean): string {
  return text(
    revoked ? `Revoked pairing credential ${id}.` : `No active pairing credential found for ${id}.`,
  );
}

export function revokedSession(id: string, revoked: boolean): string {
  return text(revoked ? `Revoked session ${id}.` : `No active session found for ${id}.`);
}

function clientText({ label, deviceType, os, browser, ipAddress }: Client): string {
  const known = [label, deviceType === 'unknown' ? undefined : deviceType, os, browser, ipAddress];
  return known.filter((each) => each !== undefined).join(' | ');
}
