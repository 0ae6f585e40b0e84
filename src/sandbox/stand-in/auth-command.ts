import type Database from 'better-sqlite3';
import { createLink, grantOf, issueSession, signingKey } from './credentials.ts';
import { baseDirOf, openState, type BaseDir } from './database.ts';
import { parseFlags, type FlagSpec } from './flags.ts';
import { logLine } from './log.ts';
import { migrate } from './migrations.ts';
import type { Profile } from './profiles.ts';

const baseDir: FlagSpec = { name: 'base-dir', type: 'string', help: '' };
const json: FlagSpec = { name: 'json', type: 'boolean', help: 'Emit JSON instead of human-readable output.' };
const id: FlagSpec = { name: 'id', type: 'string', help: 'Identifier.' };
const createFlags: readonly FlagSpec[] = [
  baseDir,
  {
    name: 'dev-url',
    type: 'string',
    help: 'Dev web URL to proxy/redirect to (equivalent to VITE_DEV_SERVER_URL).',
  },
  {
    name: 'ttl',
    type: 'string',
    help: 'TTL, for example `5m`, `1h`, `30d`, or `15 minutes`.',
    check: durationProblem,
  },
  { name: 'label', type: 'string', help: 'Optional human-readable label.' },
  {
    name: 'base-url',
    type: 'string',
    help: 'Optional public base URL used to print a ready `/pair#token=...` link.',
  },
  json,
];

interface Call {
  profile: Profile;
  db: Database.Database;
  base: BaseDir;
  flags: Map<string, string>;
  /** What stands after the subcommand without a flag. */
  operands: readonly string[];
}

interface Subcommand {
  description: string;
  flags: readonly FlagSpec[];
  /** What t3 says when it fails, before the cause. */
  failure: string;
  run: (call: Call) => string;
}

const subcommands: Record<string, Subcommand> = {
  'pairing create': {
    description: 'Issue a new client pairing token.',
    flags: createFlags,
    failure: 'Failed to create pairing link.',
    run: createPairing,
  },
  'pairing list': {
    description: 'List active client pairing tokens.',
    flags: [baseDir, json],
    failure: 'Failed to list pairing links.',
    run: listPairings,
  },
  'pairing revoke': {
    description: 'Revoke a client pairing token.',
    flags: [baseDir, json, id],
    failure: 'Failed to revoke pairing link.',
    run: revokePairing,
  },
  'session issue': {
    description: 'Issue a session token.',
    flags: [...createFlags],
    failure: 'Failed to issue session.',
    run: issue,
  },
  'session list': {
    description: 'List active sessions.',
    flags: [baseDir, json],
    failure: 'Failed to list sessions.',
    run: listSessions,
  },
  'session revoke': {
    description: 'Revoke a session.',
    flags: [baseDir, json, id],
    failure: 'Failed to revoke session.',
    run: revokeSession,
  },
};

/**
 * `t3 auth …`. Every one of these runs migrations on the database it is pointed at, `list` included: a newer command
 * line migrates the database under a running older server (docs/t3-contract.md, command line).
 */
export function authCommand(profile: Profile, argv: readonly string[]): number {
  const name = argv.slice(0, 2).join(' ');
  const subcommand = subcommands[name];
  if (subcommand === undefined) {
    process.stderr.write(`\nERROR\n  Unknown subcommand "${name}" for "t3 auth"\n`);
    return 1;
  }
  const rest = argv.slice(2);
  const operands = name.endsWith('revoke')
    ? rest.filter((word, index) => !word.startsWith('-') && !rest[index - 1]?.startsWith('--'))
    : [];
  const flags = parseFlags(
    profile,
    `t3 auth ${name}`,
    subcommand.description,
    subcommand.flags,
    rest.filter((word) => !operands.includes(word)),
  );
  if (flags === undefined) return 1;
  const base = baseDirOf(
    flags.get('base-dir') ?? process.env['T3CODE_HOME'] ?? `${process.env['HOME'] ?? ''}/.t3`,
  );
  const db = openState(base);
  try {
    const ran = migrate(db, profile.level);
    if (profile.commandFiber !== undefined && !flags.has('json')) {
      logLine(profile.commandFiber, 'Running all migrations...');
      logLine(profile.commandFiber, `Migrations ran successfully { migrations: [${ran.join(', ')}] }`);
    }
    process.stdout.write(subcommand.run({ profile, db, base, flags, operands }));
    return 0;
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    process.stdout.write(
      `AuthControlPlaneError: ${subcommand.failure}\n  [cause]: SqlError: Failed to execute statement\n    [cause]: SqliteError: ${cause}\n`,
    );
    return 1;
  } finally {
    db.close();
  }
}

function createPairing({ profile, db, flags }: Call): string {
  const label = flags.get('label');
  const baseUrl = flags.get('base-url');
  const life = parseDuration(flags.get('ttl') ?? '1h') ?? 0;
  const link = createLink(db, profile, life, label === undefined ? {} : { label });
  const grant = grantOf(
    profile,
    db
      .prepare<[string], { stored: string }>(
        `SELECT ${profile.grants} AS stored FROM auth_pairing_links WHERE id = ?`,
      )
      .get(link.id)?.stored ?? '',
  );
  if (!flags.has('json')) {
    return `Issued client pairing token ${link.id}.\nToken: ${link.credential}\nExpires at: DateTime.Utc(${link.expiresAt})\n\n`;
  }
  return document({
    id: link.id,
    credential: link.credential,
    ...(label === undefined ? {} : { label }),
    ...grant,
    expiresAt: link.expiresAt,
    ...(baseUrl === undefined ? {} : { pairUrl: `${baseUrl}/pair#token=${link.credential}` }),
  });
}

function listPairings({ profile, db, flags }: Call): string {
  const rows = db
    .prepare<
      [string],
      { id: string; label: string | null; stored: string; created_at: string; expires_at: string }
    >(
      `SELECT id, label, ${profile.grants} AS stored, created_at, expires_at FROM auth_pairing_links
        WHERE consumed_at IS NULL AND revoked_at IS NULL AND expires_at > ? AND subject = 'one-time-token' ORDER BY created_at DESC`,
    )
    .all(new Date().toISOString());
  const links = rows.map((row) => ({
    id: row.id,
    ...(row.label === null ? {} : { label: row.label }),
    ...grantOf(profile, row.stored),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }));
  return flags.has('json')
    ? document(links)
    : `${links.map((link) => `${link.id}\t${link.expiresAt}`).join('\n')}\n\n`;
}

function listSessions({ profile, db, flags }: Call): string {
  const rows = db
    .prepare<
      [string],
      {
        session_id: string;
        subject: string;
        method: string;
        stored: string;
        client_label: string | null;
        client_ip_address: string | null;
        client_device_type: string;
        issued_at: string;
        expires_at: string;
        last_connected_at: string | null;
      }
    >(
      `SELECT session_id, subject, method, ${profile.grants} AS stored, client_label, client_ip_address, client_device_type, issued_at, expires_at, last_connected_at
         FROM auth_sessions WHERE revoked_at IS NULL AND expires_at > ? ORDER BY issued_at DESC`,
    )
    .all(new Date().toISOString());
  const sessions = rows.map((row) => ({
    sessionId: row.session_id,
    method: row.method,
    ...grantOf(profile, row.stored),
    subject: row.subject,
    client: {
      ...(row.client_label === null ? {} : { label: row.client_label }),
      ...(row.client_ip_address === null ? {} : { ipAddress: row.client_ip_address }),
      deviceType: row.client_device_type,
    },
    connected: false,
    issuedAt: row.issued_at,
    expiresAt: row.expires_at,
    lastConnectedAt: row.last_connected_at,
  }));
  return flags.has('json')
    ? document(sessions)
    : `${sessions.map((session) => `${session.sessionId}\t${session.expiresAt}`).join('\n')}\n\n`;
}

function revokePairing(call: Call): string {
  return revoke(call, 'auth_pairing_links', 'id');
}

function revokeSession(call: Call): string {
  return revoke(call, 'auth_sessions', 'session_id');
}

/** Revoked rows stay in their table. The words are the stand-in's own: no transcript has a real one's. */
function revoke({ db, flags, operands }: Call, table: string, column: string): string {
  const wanted = operands[0] ?? flags.get('id') ?? '';
  const changed = db
    .prepare(`UPDATE ${table} SET revoked_at = ? WHERE ${column} = ? AND revoked_at IS NULL`)
    .run(new Date().toISOString(), wanted);
  const revoked = changed.changes === 1;
  return flags.has('json')
    ? document({ id: wanted, revoked })
    : `${revoked ? 'Revoked' : 'Nothing to revoke:'} ${wanted}.\n\n`;
}

function issue({ profile, db, base, flags }: Call): string {
  const session = issueSession(db, profile, signingKey(base), {
    subject: 'cli-issued',
    label: flags.get('label') ?? null,
    address: '127.0.0.1',
  });
  if (!flags.has('json')) return `Issued session ${session.id}.\nToken: ${session.token}\n\n`;
  return document({
    sessionId: session.id,
    token: session.token,
    ...session.grant,
    expiresAt: session.expiresAt.toISOString(),
  });
}

/** As t3 prints JSON: indented, and a blank line after it. */
function document(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n\n`;
}

function durationProblem(text: string): string | undefined {
  return parseDuration(text) === undefined
    ? 'Schema validation failed: Invalid duration. Use values like 5m, 1h, 30d, or 15 minutes.'
    : undefined;
}

function parseDuration(text: string): number | undefined {
  const match = /^(\d+)\s*(ms|s|m|h|d|seconds?|minutes?|hours?|days?)$/.exec(text);
  const unit = match?.[2] ?? '';
  const factor = unit === 'ms' ? 1 : { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit[0] ?? ''];
  return match?.[1] === undefined || factor === undefined ? undefined : Number(match[1]) * factor;
}
