/**
 * What tells one t3 version from another, as data (docs/t3-contract.md; test/fixtures/t3/transcript-*.txt). A version
 * that misbehaves is one of these with a difference.
 */
export interface Profile {
  version: string;
  /** The highest migration that it knows. */
  level: number;
  /** Where a credential is exchanged for a session cookie. */
  pairingPath: string;
  /** What a credential grants: a role, or from 0.0.25 on a list of scopes. */
  grants: 'role' | 'scopes';
  sessionMethods: readonly string[];
  capabilities: readonly string[];
  /** From 0.0.29 on, an instance bound to loopback calls its cookie after its port and state directory. */
  cookieNamedByAddress: boolean;
  /** 0.0.24 repeats the CORS headers on every JSON answer. */
  corsOnJson: boolean;
  corsAllowHeaders: readonly string[];
  varyOnEncoding: boolean;
  /** Do not let caches keep the answer that carries the cookie. */
  noStoreOnPairing: boolean;
  /** Answers to a body that is JSON but no credential, and to one that is not JSON. An absent body is empty. */
  badPayload: { status: number; error?: string };
  badJson: { status: number; error?: string };
  /** The number in `INFO (#25)` of a command that logs its migrations; absent where it logs none. */
  commandFiber: number | undefined;
  usage: Usage;
}

export interface Usage {
  baseDirHelp: string;
  /** Global flags with their help, already aligned. */
  globalFlags: readonly string[];
  /** Does it say `Missing value` when a value looks like a flag? */
  namesMissingValue: boolean;
}

const olderGlobalFlags = (versionFlag: string) => [
  '  --help, -h              Show help information',
  `  ${versionFlag.padEnd(24)}Show version information`,
  '  --completions choice    Print shell completion script (choices: bash, zsh, fish, sh)',
  '  --log-level choice      Sets the minimum log level (choices: all, trace, debug, info, warn, warning, error, fatal, none)',
];

const v24: Profile = {
  version: '0.0.24',
  level: 30,
  pairingPath: '/api/auth/bootstrap',
  grants: 'role',
  sessionMethods: ['browser-session-cookie', 'bearer-session-token'],
  capabilities: ['repositoryIdentity'],
  cookieNamedByAddress: false,
  corsOnJson: true,
  corsAllowHeaders: ['authorization', 'b3', 'traceparent', 'content-type'],
  varyOnEncoding: false,
  noStoreOnPairing: false,
  badPayload: { status: 400, error: 'Invalid bootstrap payload.' },
  badJson: { status: 400, error: 'Invalid bootstrap payload.' },
  commandFiber: 25,
  usage: {
    baseDirHelp: 'Base directory path (equivalent to T3CODE_HOME).',
    globalFlags: olderGlobalFlags('--version'),
    namesMissingValue: false,
  },
};

const v27: Profile = {
  ...v24,
  version: '0.0.27',
  level: 32,
  pairingPath: '/api/auth/browser-session',
  grants: 'scopes',
  sessionMethods: ['browser-session-cookie', 'bearer-access-token', 'dpop-access-token'],
  corsOnJson: false,
  corsAllowHeaders: ['authorization', 'b3', 'traceparent', 'content-type', 'dpop'],
  noStoreOnPairing: true,
  badPayload: { status: 400 },
  badJson: { status: 500 },
  commandFiber: 18,
  usage: { ...v24.usage, globalFlags: olderGlobalFlags('--version, -v') },
};

const nightly: Profile = {
  ...v27,
  version: '0.0.33-nightly.20260808.1031',
  level: 38,
  capabilities: [
    'repositoryIdentity',
    'connectionProbe',
    'threadSettlement',
    'threadSnooze',
    'threadPinning',
    'threadPinReorder',
    'threadTitleRegeneration',
  ],
  cookieNamedByAddress: true,
  varyOnEncoding: true,
  badJson: { status: 400 },
  commandFiber: undefined,
  usage: {
    baseDirHelp:
      'Explicit T3 Code data directory; runtime state is stored under userdata (equivalent to T3CODE_HOME).',
    globalFlags: [
      '  --help, -h                                                          Show help information',
      '  --version, -v                                                       Show version information',
      '  --wizard                                                            Start wizard mode for a command',
      '  --completions <bash|zsh|fish|sh>                                    Print shell completion script (choices: bash, zsh, fish, sh)',
      '  --log-level <all|trace|debug|info|warn|warning|error|fatal|none>    Sets the minimum log level (choices: all, trace, debug, info, warn, warning, error, fatal, none)',
    ],
    namesMissingValue: true,
  },
};

const profiles: readonly Profile[] = [v24, v27, nightly];

/** The versions that the stand-in can be, oldest first. */
export const standInVersions: readonly string[] = profiles.map((profile) => profile.version);

/** @throws when the stand-in does not know that version; says which it does. */
export function profileOf(version: string): Profile {
  const profile = profiles.find((each) => each.version === version);
  if (profile === undefined)
    throw new Error(`the stand-in knows no t3 ${version}; it knows ${standInVersions.join(', ')}`);
  return profile;
}
