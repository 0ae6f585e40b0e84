import { noDatabase } from '../fleet/collect/state.ts';
import type { Instance } from '../fleet/fleet.ts';
import { valueOf, type Observation } from '../fleet/observation.ts';
import { isRunning } from '../host/units/units.ts';
import { newestUsable } from '../snapshots/catalog.ts';
import { attention, orFine, run, say, unclear, wrong, type Finding } from './finding.ts';
import { judgeBackupFolder } from './paths.ts';
import { startup } from './ports.ts';
import { asRoot, own, seesAll, type Diagnosing, type Subject } from './subject.ts';
import { judgeHome } from './user-files.ts';

/** Everybody in the user map: an account, a database that can be read, a server that answers, a way back. */
export const usersSubject: Subject = {
  name: 'users',
  checks: {
    'user map': userMap,
    accounts: accounts,
    databases: databases,
    servers: servers,
    backups: backups,
  },
};

function userMap({ fleet, config }: Diagnosing): Finding[] {
  if (fleet.userMap.kind !== 'known')
    return [
      wrong(
        'user map',
        reasonOf(fleet.userMap),
        say(`make ${config.paths.userMap} readable, or set paths.userMap`),
      ),
    ];
  if (fleet.instances.length === 0)
    return [
      attention('user map', 'it names nobody', say(`see ${config.paths.userMap}, and what generates it`)),
    ];
  return orFine(
    fleet.userMap.value.map(({ line, message }) =>
      attention(
        'user map',
        `line ${line}: ${message}`,
        say(`correct the line in ${config.paths.userMap}, or in what generates it`),
      ),
    ),
    'user map',
    `${fleet.instances.length} users`,
  );
}

function accounts({ fleet }: Diagnosing): Finding[] {
  const problems = fleet.instances.flatMap(({ user, account }) =>
    account.kind === 'known'
      ? []
      : [
          wrong(
            `${user}: account`,
            reasonOf(account),
            run(['useradd', '--create-home', user], `take ${user} out of the user map, or`),
          ),
        ],
  );
  return orFine(problems, 'accounts', `${fleet.instances.length}`);
}

/** Those of whom there is more to say than that they do not exist. */
function real({ fleet }: Diagnosing): Instance[] {
  return fleet.instances.filter(({ account }) => account.kind === 'known');
}

async function databases(diagnosing: Diagnosing): Promise<Finding[]> {
  const users = real(diagnosing);
  const none = users.filter((instance) => neverStarted(instance) && !runs(instance)).length;
  const problems = await Promise.all(users.map((instance) => judgeDatabase(diagnosing, instance)));
  return orFine(
    problems.flat(),
    'databases',
    `${users.length - none} can be read${none === 0 ? '' : `; ${none} never started their t3`}`,
  );
}

async function judgeDatabase(diagnosing: Diagnosing, instance: Instance): Promise<Finding[]> {
  const { user, state } = instance;
  const subject = `${user}: database`;
  if (state.kind === 'known') return [];
  if (neverStarted(instance))
    return runs(instance)
      ? [
          wrong(
            subject,
            'there is none, and its server runs',
            say('see its --base-dir, and paths.stateDatabase'),
          ),
        ]
      : [];
  const reason = reasonOf(state);
  if (!readable(diagnosing, instance)) return [unclear(subject, reason, asRoot(diagnosing))];
  // Busy, or slow: that is no verdict on the file.
  if (state.kind === 'pending' || /not read within|locked|busy/.test(reason))
    return [unclear(subject, reason, run(own(diagnosing, 'status', user), 'look again'))];
  // What shows from outside is said there, with its remedy.
  const account = valueOf(instance.account);
  if (
    account !== undefined &&
    (await judgeHome(diagnosing, account)).some(({ verdict }) => verdict === 'wrong')
  )
    return [];
  return [
    wrong(
      subject,
      reason,
      run(own(diagnosing, 'snapshots', user), 'a snapshot can be put back; these there are:'),
    ),
  ];
}

function neverStarted({ state }: Instance): boolean {
  return state.kind === 'unknown' && state.reason === noDatabase;
}

function runs({ unit }: Instance): boolean {
  const state = valueOf(unit);
  return state !== undefined && isRunning(state);
}

/** May this process look into what is this user's? */
function readable(diagnosing: Diagnosing, { account }: Instance): boolean {
  return seesAll(diagnosing) || valueOf(account)?.uid === diagnosing.uid;
}

function servers(diagnosing: Diagnosing): Finding[] {
  const { host } = diagnosing;
  const running = real(diagnosing).filter(({ unit }) => valueOf(unit)?.active === 'active');
  const problems = running.flatMap(({ user, liveness, unit, unitName }) => {
    if (liveness.kind === 'known') return [];
    const since = valueOf(unit)?.since;
    const starting = since !== undefined && host.clock.now() - since < startup;
    const log = ['journalctl', `--unit=${unitName}`, '--lines=50'];
    return [
      (starting ? attention : wrong)(
        `${user}: answers`,
        reasonOf(liveness),
        diagnosing.config.sandbox === undefined ? run(log, 'its log says why') : say('its log says why'),
      ),
    ];
  });
  return orFine(problems, 'servers', `${running.length} of ${running.length} that run answer`);
}

async function backups(diagnosing: Diagnosing): Promise<Finding[]> {
  const problems = await Promise.all(real(diagnosing).map((instance) => judgeBackups(diagnosing, instance)));
  return orFine(problems.flat(), 'backups', 'verified, and not late');
}

async function judgeBackups(diagnosing: Diagnosing, instance: Instance): Promise<Finding[]> {
  const { host, config } = diagnosing;
  const { user, snapshots } = instance;
  const subject = `${user}: snapshots`;
  if (snapshots.kind !== 'known') {
    if (!readable(diagnosing, instance)) return [unclear(subject, reasonOf(snapshots), asRoot(diagnosing))];
    // Which of them are good is for the journal to say: that is what has to be mended.
    if (reasonOf(snapshots).startsWith('journal: ')) return [unclear(subject, reasonOf(snapshots))];
    // What shows from outside is said there, with its remedy.
    const account = valueOf(instance.account);
    const outside = account === undefined ? [] : await judgeBackupFolder(diagnosing, account);
    return outside !== 'none' && outside.length > 0
      ? []
      : [wrong(subject, reasonOf(snapshots), say('see what lies in the backup folder'))];
  }
  // Nothing to lose.
  if (neverStarted(instance)) return [];
  const now = host.clock.now();
  const { verified } = newestUsable(snapshots.value, now);
  const remedy = run(own(diagnosing, 'backup', user));
  if (verified === undefined) return [attention(subject, 'none that is verified', remedy)];
  const hours = Math.round((now - verified.takenAt) / 3_600_000);
  return now - verified.takenAt > config.snapshots.late
    ? [attention(subject, `the newest verified one is ${hours} h old`, remedy)]
    : [];
}

function reasonOf(observation: Observation<unknown>): string {
  return observation.kind === 'unknown' ? observation.reason : 'not looked at in time';
}
