import path from 'node:path';
import pLimit from 'p-limit';
import semver from 'semver';
import { valueOf } from '../fleet/observation.ts';
import type { Account } from '../host/account.ts';
import { complaint, failureText, PrivilegeError } from '../host/commands.ts';
import { attention, ok, orFine, run, say, unclear, wrong, type Finding } from './finding.ts';
import { nodeRange } from './runtime.ts';
import { asRoot, own, type Diagnosing, type Subject } from './subject.ts';
import { trust } from './trust.ts';

/** Who runs this, and what they may. In a sandbox everybody is the same user, and nothing of this is asked. */
export const rightsSubject: Subject = {
  name: 'rights',
  checks: { 'who runs this': whoRunsThis, 'acting as users': actingAsUsers, sudo, interpreter },
};

function whoRunsThis(diagnosing: Diagnosing): Finding[] {
  const subject = 'who runs this';
  const { config, uid } = diagnosing;
  if (config.sandbox !== undefined) return [ok(subject, 'sandbox: everybody is the one who runs it')];
  if (uid !== 0)
    return [
      attention(
        subject,
        `uid ${uid}: it may look at what is open to all, and change nothing`,
        asRoot(diagnosing),
      ),
    ];
  return [
    config.readOnly
      ? attention(
          subject,
          'root, read-only: everything that changes the host is refused',
          say('leave out --read-only, or readOnly in the configuration'),
        )
      : ok(subject, 'root'),
  ];
}

/** How many `id` run at the same time. */
const atOnce = 8;

/** Whatever touches a user's files drops to that user first: done for real, with a harmless program. */
async function actingAsUsers(diagnosing: Diagnosing): Promise<Finding[]> {
  const subject = 'acting as users';
  const { fleet, uid, config } = diagnosing;
  const accounts = fleet.instances.flatMap(({ account }) => valueOf(account) ?? []);
  const others = accounts.filter((account) => account.uid !== uid);
  if (config.sandbox !== undefined) return [];
  if (uid !== 0 && others.length > 0)
    return [
      unclear(subject, `only root can: ${others.length} users are not looked into`, asRoot(diagnosing)),
    ];
  const limit = pLimit(atOnce);
  const problems = await Promise.all(accounts.map((account) => limit(() => actAs(diagnosing, account))));
  return orFine(problems.flat(), subject, `${accounts.length}`);
}

async function actAs({ host, config }: Diagnosing, account: Account): Promise<Finding[]> {
  const subject = `${account.name}: acting as them`;
  const remedy = say(`see what ${account.name} may start: ulimits (limits.conf), and seccomp of this shell`);
  try {
    const result = await host.commands.run(['id', '-u'], {
      as: account,
      timeout: config.limits.commandTimeout,
    });
    const failure = failureText(result);
    if (failure !== undefined) return [wrong(subject, `${failure} ${complaint(result)}`, remedy)];
    const found = result.stdout.trim();
    return found === String(account.uid)
      ? []
      : [wrong(subject, `a program meant to run as uid ${account.uid} ran as ${found}`, remedy)];
  } catch (error) {
    if (error instanceof PrivilegeError) return [unclear(subject, error.message)];
    throw error;
  }
}

/**
 * sudo, by which an admin gets here, and the dispatch to each user. Asked without a prompt: `-n` fails where it would
 * have asked for a password.
 */
async function sudo(diagnosing: Diagnosing): Promise<Finding[]> {
  const { host, config, uid } = diagnosing;
  if (config.sandbox !== undefined) return [];
  const options = { timeout: config.limits.commandTimeout };
  const present = await host.commands.run(['sudo', '--version'], options);
  if (present.exitCode !== 0)
    return [
      attention(
        'sudo',
        'there is none',
        run(['apt-get', 'install', 'sudo'], 'the reference dispatch mints through it; on Debian'),
      ),
    ];
  const found = await host.commands.run(['sudo', '-n', 'printenv', 'PATH'], options);
  const failure = failureText(found);
  if (failure !== undefined)
    return [
      uid === 0
        ? attention('sudo', `refuses root: ${complaint(found)}`, say('see /etc/sudoers (visudo -c)'))
        : ok('sudo', 'asks for a password'),
    ];
  return [ok('sudo', 'without a password'), ...(await secureFolders(diagnosing, found.stdout.trim()))];
}

/** What `sudo t3-cockpit` would find: sudo has its own idea of PATH (sudoers(5), secure_path). */
async function secureFolders(diagnosing: Diagnosing, list: string): Promise<Finding[]> {
  const { host, config } = diagnosing;
  const folders = list.split(':').filter((folder) => folder.startsWith('/'));
  const find = async (name: string): Promise<string | undefined> => {
    for (const folder of folders) {
      const file = path.join(folder, name);
      if ((await host.files.lookThrough(file))?.kind === 'file') return file;
    }
    return undefined;
  };
  const [node, door] = await Promise.all([find('node'), find('t3-cockpit')]);
  const remedy = run(['sudo', ...own(diagnosing)], 'call it by its full path');
  if (door === undefined) return [attention('sudo t3-cockpit', `it is not on sudo’s PATH (${list})`, remedy)];
  if (node === undefined)
    return [attention('sudo t3-cockpit', `there is no node on sudo’s PATH (${list})`, remedy)];
  const asked = await host.commands.run([node, '--version'], { timeout: config.limits.commandTimeout });
  const version = asked.stdout.trim().replace(/^v/, '');
  return [
    asked.exitCode === 0 && semver.satisfies(version, nodeRange)
      ? ok('sudo t3-cockpit', `${door}, by ${node} ${version}`)
      : attention('sudo t3-cockpit', `it would run by ${node} ${version}, which is too old`, remedy),
  ];
}

/** Root runs these: whoever else may write to them, or to a folder on the way, is root. */
async function interpreter(diagnosing: Diagnosing): Promise<Finding[]> {
  const { config, uid } = diagnosing;
  if (config.sandbox !== undefined || uid !== 0) return [];
  const [node = '', door = ''] = own(diagnosing);
  const findings = [
    ...(await trust(diagnosing, 'interpreter', node)),
    ...(await trust(diagnosing, 'this program', door)),
  ];
  return orFine(findings, 'interpreter', `${node}, root’s alone`);
}
