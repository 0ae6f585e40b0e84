import os from 'node:os';
import * as z from 'zod';
import { limitsShape } from './limits.ts';
import { bumpShape, gateShape, pin } from './versions.ts';
import { section } from './section.ts';
import { absolutePath, duration, size } from './units.ts';

/**
 * Everything the cockpit assumes about a host, in one place, with the reference host's layout as default
 * (docs/host.md). A host that differs says so in its YAML file; no path, name, limit or cadence is written
 * anywhere else. Descriptions are the reference documentation (`t3-cockpit config schema`).
 */

/**
 * The format of the configuration file. There has been no other: nothing is migrated, and nothing could be. A change that
 * gives a key another meaning makes it 2, and has `loadConfig` take a tree of format 1 for what it meant, before it is
 * parsed; with it goes a test on files of format 1, as test/fixtures/journal has them for the journal.
 */
export const configVersion = 1;

export const configSchema = z.strictObject({
  version: z
    .literal(configVersion, {
      error: ({ input }) =>
        typeof input === 'number' && input > configVersion
          ? `this is of format ${input}, for a newer t3-cockpit: this one understands format ${configVersion}. Use the newer one, or write the file for format ${configVersion} (docs/configuration.md)`
          : `expected ${configVersion}, the only format there is`,
    })
    .default(configVersion)
    .describe('The format of this file. A change that would give a key another meaning makes it 2.'),

  host: section({
    name: z
      .string()
      .regex(/^[\w.-]{1,64}$/, 'expected a host name')
      .default(() => os.hostname())
      .describe('What the header calls this host.'),
    administrator: z
      .string()
      .regex(/^[A-Za-z_][\w.-]{0,31}$/, 'expected a user name')
      .optional()
      .describe('The OS user who owns the pin files; without it, the one who called sudo.'),
  }).describe('The machine.'),

  sandbox: z
    .strictObject({
      root: absolutePath().describe('The folder under which the sandbox lives.'),
    })
    .optional()
    .describe('Set by `sandbox create`: this host is an embedded, throwaway one, run by its own supervisor.'),

  readOnly: z
    .boolean()
    .default(false)
    .describe('Refuse everything that changes the host; enforced where operations run.'),

  privilege: z
    .enum(['sudo', 'run0', 'doas', 'none'])
    .default('sudo')
    .describe(
      'What makes the cockpit, and commands that change the host, root when somebody else starts them. none: nobody is asked, and everything is only looked at.',
    ),

  paths: section({
    userMap: absolutePath()
      .default('/etc/ttyd-user-map')
      .describe('Lines authentik_name=os_user. Only read.'),
    dispatchTable: absolutePath()
      .default('/etc/t3-serve/dispatch.json')
      .describe('authentik name to { os_user, port }, as the dispatch reads it. Only read.'),
    environmentFile: absolutePath('user')
      .default('/etc/t3-serve/{user}.env')
      .describe('The unit’s environment, for T3_PORT. Never shown.'),
    baseDir: absolutePath('user', 'home')
      .default('{home}/.t3')
      .describe('The base directory of a user’s t3.'),
    stateDatabase: absolutePath('user', 'home')
      .default('{home}/.t3/userdata/state.sqlite')
      .describe('A user’s state database.'),
    backups: absolutePath('user')
      .default('/var/backups/t3-state/{user}')
      .describe('A user’s backup folder, owned by that user.'),
    binary: absolutePath()
      .default('/usr/bin/t3')
      .describe('The global t3 that units start and the dispatch mints with.'),
    versionBinary: absolutePath('version')
      .default('/usr/local/lib/t3-versions/{version}/bin/t3')
      .describe(
        'The t3 of one version in a prefix of its own; used where the global one is another version.',
      ),
    chosen: absolutePath()
      .default('/usr/local/lib/t3-versions/chosen')
      .describe('Where the launcher keeps whose version is which (t3-cockpit launcher).'),
    npm: absolutePath().default('/usr/bin/npm').describe('npm, which finds and installs t3.'),
    unitTemplate: absolutePath()
      .default('/etc/systemd/system/t3-serve@.service')
      .describe('The unit template; doctor looks at it.'),
    freeze: absolutePath().default('/etc/t3-autoupdate.freeze').describe('Its existence freezes versions.'),
    lastGood: absolutePath()
      .default('/var/lib/t3-autoupdate/last-good')
      .describe('The version that the host’s updater last found good. Only read.'),
    deferral: absolutePath('user')
      .default('/var/lib/t3-autoupdate/deferred/{user}')
      .describe('Exists while a restart is owed to a user; its content is the version owed.'),
    state: absolutePath()
      .default('/var/lib/t3-cockpit')
      .describe('The cockpit’s own folder, root only: the journal and the host lock.'),
  }).describe('Where things are.'),

  unit: z
    .string()
    .regex(
      /^[\w@.-]*\{user\}[\w.-]*\.service$/,
      'expected a unit name with {user}, like t3-serve@{user}.service',
    )
    .default('t3-serve@{user}.service')
    .describe('The unit of a user’s server.'),

  package: z
    .string()
    .regex(/^(@[a-z0-9][\w.-]{0,100}\/)?[a-z0-9][\w.-]{0,100}$/, 'expected the name of an npm package')
    .default('t3')
    .describe('The npm package that t3 comes in.'),

  packageSource: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('The npm registry that it comes from; without it, the one that npm itself is configured for.'),

  jobs: z
    .array(z.string().regex(/^[A-Za-z][\w.@-]{0,63}$/, 'expected the name of a unit, without .service'))
    .default(['t3-autoupdate', 't3-backup-state', 't3-migrate-idle', 't3-watchdog'])
    .describe('The host’s own scheduled jobs: a service and a timer each.'),

  pins: z
    .array(pin)
    .prefault([
      { file: '{home}/code/infra/scripts/t3-autoupdate.sh' },
      { file: '{home}/code/infra/scripts/workstation/setup-devvm.sh' },
      { file: '/usr/local/bin/t3-autoupdate', copy: true },
    ])
    .describe('The files that pin the t3 version; they must agree. Empty: this host pins nothing.'),

  snapshots: section({
    folder: z
      .string()
      .regex(/^[\w-]{1,32}$/, 'expected a plain folder name')
      .default('cockpit')
      .describe(
        'The cockpit’s folder inside a user’s backup folder: out of reach of the glob by which the host’s own script deletes.',
      ),
    late: duration(1000).prefault('26h').describe('An older newest backup than this is late.'),
    parallel: z.int().min(1).max(16).default(2).describe('How many users are snapshotted at the same time.'),
    keepFree: size().prefault('512mb').describe('Space that must stay free on the backup file system.'),
    timeout: duration(1000).prefault('30m').describe('The longest that one user’s snapshot may take.'),
    keep: section({
      last: z.int().min(1).max(10_000).default(6).describe('The newest ones, whatever they are.'),
      daily: z
        .int()
        .min(0)
        .max(10_000)
        .default(14)
        .describe('Of so many days with snapshots, the newest of each.'),
      weekly: z
        .int()
        .min(0)
        .max(10_000)
        .default(8)
        .describe('Of so many weeks with snapshots, the newest of each.'),
      perVersion: z.int().min(1).max(10_000).default(2).describe('Of each t3 version and schema, so many.'),
      prerestore: duration(1000).prefault('30d').describe('How long what a restore replaced is kept.'),
    }).describe('What `snapshots prune` keeps, of each user’s verified snapshots.'),
  }).describe('Snapshots.'),

  dispatch: section({
    url: z
      .url({ protocol: /^http$/, hostname: /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/ })
      .default('http://127.0.0.1:3780')
      .describe('Where the dispatch listens; on this machine only.'),
    unit: z
      .string()
      .regex(/^[A-Za-z][\w.@-]{0,63}\.service$/, 'expected the name of a unit, like t3-dispatch.service')
      .default('t3-dispatch.service')
      .describe('Its unit; doctor looks at it.'),
    header: z
      .string()
      .regex(/^[A-Za-z][\w-]{0,63}$/, 'expected the name of a header')
      .default('X-authentik-username')
      .describe('The header by which it knows a user.'),
    cookie: z
      .string()
      .regex(/^[\w-]{1,64}$/, 'expected the name of a cookie')
      .default('t3_session')
      .describe('The session cookie that it sets, whatever the instance calls its own.'),
    pairingPaths: z
      .array(z.string().regex(/^\/[\w/.-]{1,100}$/, 'expected a path'))
      .min(1)
      .default(['/api/auth/browser-session', '/api/auth/bootstrap'])
      .describe('Where it exchanges credentials, in the order it tries them: the next one on 404.'),
  }).describe('The reverse proxy in front of the instances.'),

  probes: section({
    automatic: z
      .boolean()
      .default(true)
      .describe(
        'Let an open cockpit probe by itself, one user a minute, when a probe is older than `every`.',
      ),
    every: duration(60_000)
      .prefault('6h')
      .describe(
        'How often the cockpit probes by itself. A probe writes to a user’s database and runs t3 two or more times.',
      ),
    stale: duration(60_000).prefault('24h').describe('An older verdict than this says nothing about now.'),
  }).describe('The pairing handshake, done for real.'),

  gate: section(gateShape).describe('What a version must pass before it is installed for everybody.'),

  bump: section(bumpShape).describe('How a version is brought to everybody.'),

  schedule: section({
    drainEvery: duration(100)
      .prefault('5m')
      .describe(
        'How often, within the window of a scheduled bump, whoever was busy is looked at again (drain).',
      ),
    units: absolutePath()
      .default('/etc/systemd/system')
      .describe('Where `schedule --install` puts a timer and its service.'),
  }).describe('What is done later (t3-cockpit schedule).'),

  busy: section({
    quiet: duration()
      .prefault('2m')
      .describe('Who has worked within this time is busy: their server is not stopped.'),
    stale: duration(60_000)
      .prefault('30m')
      .describe(
        'A turn that has not moved for so long, without any process of an agent, was left behind by a crash.',
      ),
  }).describe('When a user counts as busy.'),

  cadence: section({
    accounts: duration(250).prefault('10s').describe('User map, dispatch table, accounts, pins.'),
    units: duration(250).prefault('2s').describe('Unit states: one systemctl call for all.'),
    liveness: duration(250)
      .prefault('5s')
      .describe('GET /.well-known/t3/environment of every running instance.'),
    state: duration(250).prefault('5s').describe('State databases, each read only when its files changed.'),
    snapshots: duration(250).prefault('30s').describe('Backup folders, each read only when it changed.'),
    installed: duration(250).prefault('30s').describe('The global binary; it is run only when it changed.'),
  }).describe('How often each fact is looked at. A fact is stale after three times its cadence.'),

  limits: section(limitsShape).describe('Bounds on what comes from outside.'),

  screen: section({
    glyphs: z
      .enum(['auto', 'unicode', 'ascii'])
      .default('auto')
      .describe(
        'The signs drawn. auto: ascii where the locale is not UTF-8; some terminals draw the others too wide.',
      ),
    theme: z
      .enum(['auto', 'dark', 'light', 'sixteen', 'none'])
      .default('auto')
      .describe(
        'The colours. auto: dark or light where the terminal has many, else its own sixteen; T switches. NO_COLOR: none.',
      ),
    title: z.boolean().default(true).describe('Say in the terminal’s title how the fleet stands.'),
  }).describe('The cockpit’s screen.'),

  journal: section({
    operations: z.int().min(10).default(1000).describe('How many finished operations the journal keeps.'),
    reports: z
      .int()
      .min(1)
      .default(100)
      .describe(
        'How many reports saved from the cockpit (W) are kept beside it; the oldest goes as another one is saved.',
      ),
  }).describe('The journal.'),
});

/** A config as written: everything optional, durations and sizes as text. */
export type ConfigInput = z.input<typeof configSchema>;
/** A config as used: complete, durations in milliseconds, sizes in bytes. */
export type Config = z.output<typeof configSchema>;
