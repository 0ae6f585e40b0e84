import path from 'node:path';
import { administratorName } from '../fleet/collect/pins.ts';
import { valueOf } from '../fleet/observation.ts';
import { complaint, failureText, PrivilegeError } from '../host/commands.ts';
import type { Account } from '../host/account.ts';
import { attention, ok, orFine, run, say, unclear, wrong, type Finding } from './finding.ts';
import { lookAt, nothingThere } from './placement.ts';
import { asRoot, seesAll, type Diagnosing, type Subject } from './subject.ts';

/** What the host's files say about versions: pins, freeze, what is owed. */
export const versionsSubject: Subject = {
  name: 'versions',
  checks: {
    pins: pins,
    launcher: launcher,
    'pin files': pinFiles,
    freeze: freeze,
    'last good': lastGood,
    deferrals: deferrals,
  },
};

function pins(diagnosing: Diagnosing): Finding[] {
  const subject = 'pins';
  const { fleet } = diagnosing;
  if (fleet.pins.kind !== 'known') {
    const reason = fleet.pins.kind === 'unknown' ? fleet.pins.reason : 'not looked at in time';
    return [
      seesAll(diagnosing)
        ? wrong(
            subject,
            reason,
            say(
              'set host.administrator to the owner of the pin files, or pins: [] if this host pins nothing',
            ),
          )
        : unclear(subject, reason, asRoot(diagnosing)),
    ];
  }
  const { readings, agreed } = fleet.pins.value;
  if (readings.length === 0) return [ok(subject, 'this host pins nothing')];
  const broken = readings.flatMap(({ file, problem }) =>
    problem === undefined
      ? []
      : [
          seesAll(diagnosing)
            ? wrong(
                subject,
                `${file}: ${problem}`,
                say('correct the file, or set pins to where the version stands'),
              )
            : unclear(subject, `${file}: ${problem}`, asRoot(diagnosing)),
        ],
  );
  if (broken.length > 0) return broken;
  const files = readings.map(({ file }) => file);
  return agreed === undefined
    ? [wrong(subject, 'the pin files disagree', say(`make ${files.join(' and ')} say the same`))]
    : [ok(subject, agreed.kind === 'version' ? agreed.version : 'none: the updater tracks nightly')];
}

/** They lie in the administrator's checkout: a bump edits them there, and not over edits of somebody's own. */
async function pinFiles(diagnosing: Diagnosing): Promise<Finding[]> {
  const { host, config, environment, fleet } = diagnosing;
  const files = (valueOf(fleet.pins)?.readings ?? []).filter(
    ({ problem, copy }) => problem === undefined && !copy,
  );
  if (files.length === 0) return [];
  const name = administratorName(config, environment);
  const administrator = (await host.accounts.byName([name])).get(name);
  // Then the pins could not have been read.
  if (administrator === undefined) return [];
  const problems = await Promise.all(
    files.map(async ({ file }) => [
      ...(await judgeOwner(diagnosing, file, administrator)),
      ...(await judgeEdits(diagnosing, file, administrator)),
    ]),
  );
  return orFine(problems.flat(), 'pin files', `${administrator.name}’s, without uncommitted edits`);
}

async function judgeOwner(diagnosing: Diagnosing, file: string, { uid, name }: Account): Promise<Finding[]> {
  const subject = 'pin file';
  const found = await lookAt(diagnosing, subject, file);
  if ('finding' in found) return [found.finding];
  if (found.facts === undefined) return [wrong(subject, nothingThere(file), say('bring it back'))];
  return found.facts.uid === uid
    ? []
    : [
        attention(
          subject,
          `${file}: belongs to uid ${found.facts.uid}, not to ${name}`,
          run(['chown', '-h', `${name}:`, file]),
        ),
      ];
}

/** git(1): the exit code outside of any checkout. */
const noCheckout = 128;

async function judgeEdits({ host, config }: Diagnosing, file: string, account: Account): Promise<Finding[]> {
  const subject = 'pin file';
  const git = ['git', '-C', path.dirname(file)] as const;
  try {
    const result = await host.commands.run([...git, 'status', '--porcelain', '--', file], {
      as: account,
      family: true,
      timeout: config.limits.commandTimeout,
      // Only to look: `status` would otherwise write the index anew.
      environment: { GIT_OPTIONAL_LOCKS: '0' },
    });
    if (result.exitCode === noCheckout && /not a git repository/.test(result.stderr)) return [];
    const failure = failureText(result);
    if (failure !== undefined) return [unclear(subject, `${file}: ${failure}: ${complaint(result)}`)];
    const [state = ''] = result.stdout.split('\n');
    if (state === '') return [];
    return [
      attention(
        subject,
        `${file}: ${state.startsWith('??') ? 'git does not know it' : 'it has uncommitted edits'}`,
        run(
          [
            'runuser',
            '-u',
            account.name,
            '--',
            ...git,
            state.startsWith('??') ? 'status' : 'diff',
            '--',
            file,
          ],
          'commit or take back what is not of a bump; this shows it',
        ),
      ),
    ];
  } catch (error) {
    if (error instanceof PrivilegeError) return [unclear(subject, error.message)];
    throw error;
  }
}

/** `npm install --global` by somebody else takes its place only with --force, and then every user has one version again. */
function launcher({ fleet, config }: Diagnosing): Finding[] {
  const subject = 'launcher';
  if (fleet.launcher.kind !== 'known')
    return [
      unclear(subject, fleet.launcher.kind === 'unknown' ? fleet.launcher.reason : 'not looked at in time'),
    ];
  const { kind } = fleet.launcher.value;
  if (kind === 'none') return [];
  return kind === 'whole'
    ? [ok(subject, 'each user has a version of their own')]
    : [
        wrong(
          subject,
          `${config.paths.binary} is something else than the launcher: users’ own versions do not count, and a page visit may migrate a database under its server`,
          say('t3-cockpit launcher install puts it back'),
        ),
      ];
}

function freeze({ fleet, config }: Diagnosing): Finding[] {
  const subject = 'freeze';
  if (fleet.freeze.kind !== 'known')
    return [
      unclear(subject, fleet.freeze.kind === 'unknown' ? fleet.freeze.reason : 'not looked at in time'),
    ];
  const found = fleet.freeze.value;
  if (!found.frozen) return [ok(subject, 'versions are not frozen')];
  return [
    attention(
      subject,
      `versions are frozen since ${new Date(found.since).toISOString()}${found.reason === '' ? '' : `: ${found.reason}`}`,
      found.operation === undefined
        ? run(['rm', config.paths.freeze], 'when the reason for it is gone')
        : say(
            `it goes with that operation: t3-cockpit operations ${found.operation}; where that is over: t3-cockpit unfreeze`,
          ),
    ),
  ];
}

function lastGood({ fleet, config }: Diagnosing): Finding[] {
  const subject = 'last good';
  if (fleet.lastGood.kind !== 'known')
    return [
      attention(
        subject,
        fleet.lastGood.kind === 'unknown' ? fleet.lastGood.reason : 'not looked at in time',
        say(`see ${config.paths.lastGood}: the host’s updater writes it`),
      ),
    ];
  const [version, installed] = [fleet.lastGood.value, valueOf(fleet.installed)];
  if (version === undefined) return [ok(subject, 'this host keeps none')];
  return version === installed || installed === undefined
    ? [ok(subject, version)]
    : [
        attention(
          subject,
          `the updater last found ${version} good, installed is ${installed}`,
          say('its next good run says so; if it fails, its log says why'),
        ),
      ];
}

function deferrals({ fleet, host }: Diagnosing): Finding[] {
  const now = host.clock.now();
  const owed = fleet.instances.flatMap(({ user, deferral }) => {
    if (deferral.kind === 'unknown') return [unclear(`${user}: deferral`, deferral.reason)];
    const value = valueOf(deferral);
    if (value === undefined) return [];
    const hours = Math.max(0, Math.round((now - value.since) / 3_600_000));
    return [
      attention(
        `${user}: deferral`,
        `a restart${value.version === undefined ? '' : ` onto ${value.version}`} is owed since ${hours} h`,
        say('it happens when they are idle'),
      ),
    ];
  });
  return orFine(owed, 'deferrals', 'no restart is owed');
}
