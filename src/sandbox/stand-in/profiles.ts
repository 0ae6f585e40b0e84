import { later, type Migration } from './migrations/later.ts';

/**
 * What tells one t3 version from another, as data (docs/t3-contract.md; test/fixtures/t3/transcript-*.txt). A version
 * that misbehaves is another one with a difference: see `derive`.
 */
export interface VersionProfile {
  version: string;
  /** The migrations after the 30th that it knows, ascending. */
  migrations: readonly Migration[];
  /** What a credential grants, and how tables and documents call it: a role, from 0.0.25 on scopes. */
  grant: 'role' | 'scopes';
  http: HttpRules;
  cli: CliRules;
  faults: Faults;
}

export interface HttpRules {
  /** Where a credential is exchanged for a session cookie. */
  pairingPath: string;
  sessionMethods: readonly string[];
  capabilities: readonly string[];
  /** From 0.0.29 on, an instance bound to loopback names its cookie after its port and state directory. */
  cookieName: 'plain' | 'by-address';
  /** What a browser of another origin may send. */
  allowHeaders: readonly string[];
  /** `first`: JSON answers open with all CORS headers. `last`: they close with the origin alone. */
  cors: 'first' | 'last';
  /** Answers with a body differ by what the client can decompress. */
  vary: boolean;
  /** The answer that sets the cookie must not be kept. */
  noStore: boolean;
  /** `sentence`: `{"error": …}`. `tagged`: `{"_tag": …, "code": …, "reason": …, "traceId": …}`. */
  errors: 'sentence' | 'tagged';
  /** The answer to JSON that is no pairing request, and to what is not JSON; empty, except with `sentence` errors. */
  invalidPayload: number;
  invalidJson: number;
}

export interface CliRules {
  versionFlags: readonly string[];
  baseDirHelp: string;
  globalFlags: readonly (readonly [flag: string, help: string])[];
  /** The fiber number in a command's log lines; undefined where commands do not log their migrations. */
  fiber: number | undefined;
  /** Whether a flag before which its value is missing is an error, or as if it were not there. */
  missingValue: 'error' | 'ignored';
  /** What a failed command calls its error. Only the one of 0.0.24 was measured. */
  failure: string;
}

/** What is wrong with a version, on purpose. */
export interface Faults {
  /** It starts and answers, but exchanges no credential: 500. */
  cannotPair?: true;
  /**
   * So does it where its environment has `T3_STAND_IN_REFUSES=1`: for a chosen user, and not in a trial. As any version
   * does that is named there.
   */
  refusesWhenTold?: true;
  /** It throws so many milliseconds after it started to listen, or after `T3_STAND_IN_CRASH_MS`. */
  crashAfter?: number;
  /** Its package cannot be installed. */
  cannotInstall?: true;
}

const levels = '(choices: all, trace, debug, info, warn, warning, error, fatal, none)';
const shells = '(choices: bash, zsh, fish, sh)';

const v24: VersionProfile = {
  version: '0.0.24',
  migrations: [],
  grant: 'role',
  http: {
    pairingPath: '/api/auth/bootstrap',
    sessionMethods: ['browser-session-cookie', 'bearer-session-token'],
    capabilities: ['repositoryIdentity'],
    cookieName: 'plain',
    allowHeaders: ['authorization', 'b3', 'traceparent', 'content-type'],
    cors: 'first',
    vary: false,
    noStore: false,
    errors: 'sentence',
    invalidPayload: 400,
    invalidJson: 400,
  },
  cli: {
    versionFlags: ['--version'],
    baseDirHelp: 'Base directory path (equivalent to T3CODE_HOME).',
    globalFlags: [
      ['--help, -h', 'Show help information'],
      ['--version', 'Show version information'],
      ['--completions choice', `Print shell completion script ${shells}`],
      ['--log-level choice', `Sets the minimum log level ${levels}`],
    ],
    fiber: 25,
    missingValue: 'ignored',
    failure: 'AuthControlPlaneError',
  },
  faults: {},
};

/** The parts in which a version differs from the one that it is derived from. */
export interface Differences {
  migrations?: readonly Migration[];
  grant?: VersionProfile['grant'];
  http?: Partial<HttpRules>;
  cli?: Partial<CliRules>;
  faults?: Faults;
}

/** A version that is like another one, except for these differences; faults are inherited only when repeated. */
export function derive(from: VersionProfile, version: string, differences: Differences = {}): VersionProfile {
  return {
    version,
    migrations: differences.migrations ?? from.migrations,
    grant: differences.grant ?? from.grant,
    http: { ...from.http, ...differences.http },
    cli: { ...from.cli, ...differences.cli },
    faults: differences.faults ?? {},
  };
}

const v27 = derive(v24, '0.0.27', {
  migrations: later.filter(({ id }) => id <= 32),
  grant: 'scopes',
  http: {
    pairingPath: '/api/auth/browser-session',
    sessionMethods: ['browser-session-cookie', 'bearer-access-token', 'dpop-access-token'],
    allowHeaders: [...v24.http.allowHeaders, 'dpop'],
    cors: 'last',
    noStore: true,
    errors: 'tagged',
    invalidJson: 500,
  },
  cli: {
    versionFlags: ['--version', '-v'],
    globalFlags: v24.cli.globalFlags.map(([flag, help]) =>
      flag === '--version' ? (['--version, -v', help] as const) : ([flag, help] as const),
    ),
    fiber: 18,
    failure: 'ServerAuthInternalError',
  },
});

const v33 = derive(v27, '0.0.33-nightly.20260808.1031', {
  migrations: later.filter(({ id }) => id <= 38),
  http: {
    capabilities: [
      ...v27.http.capabilities,
      'connectionProbe',
      'threadSettlement',
      'threadSnooze',
      'threadPinning',
      'threadPinReorder',
      'threadTitleRegeneration',
    ],
    cookieName: 'by-address',
    vary: true,
    invalidJson: 400,
  },
  cli: {
    baseDirHelp:
      'Explicit T3 Code data directory; runtime state is stored under userdata (equivalent to T3CODE_HOME).',
    globalFlags: [
      ['--help, -h', 'Show help information'],
      ['--version, -v', 'Show version information'],
      ['--wizard', 'Start wizard mode for a command'],
      ['--completions <bash|zsh|fish|sh>', `Print shell completion script ${shells}`],
      [
        '--log-level <all|trace|debug|info|warn|warning|error|fatal|none>',
        `Sets the minimum log level ${levels}`,
      ],
    ],
    fiber: undefined,
    missingValue: 'error',
  },
});

/** The versions that were measured, oldest first. */
export const measuredProfiles: readonly [VersionProfile, VersionProfile, VersionProfile] = [v24, v27, v33];

/** The schema level that a version brings a database to (docs/t3-contract.md, State database). */
export function levelFor(profile: VersionProfile): number {
  return profile.migrations.at(-1)?.id ?? 30;
}
