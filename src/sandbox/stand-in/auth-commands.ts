import type Database from 'better-sqlite3';
import { baseDirAt, type BaseDir } from './base-dir.ts';
import { openState } from './database.ts';
import * as documents from './documents.ts';
import { durationProblem, parseDuration } from './durations.ts';
import type { Arguments, CommandSpec, FlagSpec } from './flags.ts';
import { storedGrant } from './grants.ts';
import { causes, log, logMigrations } from './log.ts';
import { migrate } from './migrations/migrate.ts';
import { activeLinks, issueLink, revokeLink } from './pairing-links.ts';
import type { VersionProfile } from './profiles.ts';
import { signingKey } from './secrets.ts';
import { activeSessions, issueSession, revokeSession } from './sessions.ts';

/** What a command works on. */
interface Call {
  profile: VersionProfile;
  db: Database.Database;
  base: BaseDir;
  args: Arguments;
}

export interface AuthCommand extends CommandSpec {
  /** What t3 says when it fails; the causes follow. */
  failure: string;
  /** @returns what to print. */
  run: (call: Call) => string;
}

export const baseDirFlag: FlagSpec = { name: 'base-dir', value: true, help: '' };
const location: readonly FlagSpec[] = [
  baseDirFlag,
  {
    name: 'dev-url',
    value: true,
    help: 'Dev web URL to proxy/redirect to (equivalent to VITE_DEV_SERVER_URL).',
    problem: () => 'nothing; the stand-in simulates no development server',
  },
];
const json: FlagSpec = { name: 'json', value: false, help: 'Emit JSON instead of human-readable output.' };
const label: FlagSpec = { name: 'label', value: true, help: 'Optional human-readable label.' };
const ttl: FlagSpec = {
  name: 'ttl',
  value: true,
  help: 'TTL, for example `5m`, `1h`, `30d`, or `15 minutes`.',
  problem: (value) => (parseDuration(value) === undefined ? durationProblem : undefined),
};

const life = ({ flags }: Arguments) => parseDuration(flags.get('ttl') ?? '');

/**
 * The `auth` commands that the dispatch, the cockpit and people call, with the flags that the transcripts show.
 * `revoke` has no `--json`.
 */
export const authCommands: readonly AuthCommand[] = [
  {
    path: ['t3', 'auth', 'pairing', 'create'],
    description: 'Issue a new client pairing token.',
    failure: 'Failed to create pairing link.',
    flags: [
      ...location,
      ttl,
      label,
      {
        name: 'base-url',
        value: true,
        help: 'Optional public base URL used to print a ready `/pair#token=...` link.',
      },
      json,
    ],
    run: ({ profile, db, args }) =>
      documents.issuedLink(
        issueLink(db, profile, { standing: 'client', life: life(args), label: args.flags.get('label') }),
        { json: args.flags.has('json'), baseUrl: args.flags.get('base-url') },
      ),
  },
  {
    path: ['t3', 'auth', 'pairing', 'list'],
    description: 'List active client pairing tokens.',
    failure: 'Failed to list pairing links.',
    flags: [...location, json],
    run: ({ profile, db, args }) => documents.linkList(activeLinks(db, profile), args.flags.has('json')),
  },
  {
    path: ['t3', 'auth', 'pairing', 'revoke'],
    description: 'Revoke an active client pairing token.',
    failure: 'Failed to revoke pairing link.',
    flags: location,
    operand: { name: 'id', help: 'Which pairing token.' },
    run: ({ db, args: { operand = '' } }) => documents.revokedLink(operand, revokeLink(db, operand)),
  },
  {
    path: ['t3', 'auth', 'session', 'issue'],
    description: 'Issue a bearer session token.',
    failure: 'Failed to issue session token.',
    flags: [
      ...location,
      ttl,
      label,
      { name: 'subject', value: true, help: 'Optional session subject.' },
      { name: 'token-only', value: false, help: 'Print nothing but the token.' },
      json,
    ],
    run: issue,
  },
  {
    path: ['t3', 'auth', 'session', 'list'],
    description: 'List active sessions.',
    failure: 'Failed to list sessions.',
    flags: [...location, json],
    run: ({ profile, db, args }) =>
      documents.sessionList(activeSessions(db, profile), args.flags.has('json')),
  },
  {
    path: ['t3', 'auth', 'session', 'revoke'],
    description: 'Revoke an active session.',
    failure: 'Failed to revoke session.',
    flags: location,
    operand: { name: 'session-id', help: 'Which session.' },
    run: ({ db, args: { operand = '' } }) => documents.revokedSession(operand, revokeSession(db, operand)),
  },
];

function issue({ profile, db, base, args }: Call): string {
  const name = args.flags.get('label');
  const session = issueSession(db, profile, signingKey(base), {
    method: profile.http.sessionMethods[1] ?? '',
    stored: storedGrant(profile, 'owner'),
    subject: args.flags.get('subject') ?? 'cli-issued-session',
    client: { ...(name === undefined ? {} : { label: name }), deviceType: 'bot' },
    life: life(args),
  });
  return documents.issuedSession(
    session,
    args.flags.has('token-only') ? 'token' : args.flags.has('json') ? 'json' : 'text',
  );
}

/**
 * Run an `auth` command. Every one of them, `list` included, makes what is missing and migrates the database that it is
 * pointed at (docs/t3-contract.md, Command line).
 *
 * @returns the exit code; errors go to standard output.
 */
export function runAuthCommand(
  profile: VersionProfile,
  command: AuthCommand,
  args: Arguments,
  folder: string,
): number {
  const base = baseDirAt(folder);
  const { fiber } = profile.cli;
  try {
    const db = openState(base);
    try {
      const run = () => migrate(db, profile.migrations);
      if (fiber === undefined || args.quiet) run();
      else logMigrations(fiber, run);
      process.stdout.write(command.run({ profile, db, base, args }));
      return 0;
    } finally {
      db.close();
    }
  } catch (error) {
    log('ERROR', fiber ?? 1, `${profile.cli.failure}: ${command.failure}\n${causes(error).trimEnd()}`);
    return 1;
  }
}
