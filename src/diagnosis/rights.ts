import pLimit from 'p-limit';
import { valueOf } from '../fleet/observation.ts';
import type { Account } from '../host/account.ts';
import { complaint, failureText, PrivilegeError } from '../host/commands.ts';
import { attention, ok, orFine, say, unclear, wrong, type Finding } from './finding.ts';
import { becomingRoot } from './privilege.ts';
import { asRoot, own, type Diagnosing, type Subject } from './subject.ts';
import { trust } from './trust.ts';

/** Who runs this, and what they may. In a sandbox everybody is the same user, and nothing of this is asked. */
export const rightsSubject: Subject = {
  name: 'rights',
  checks: {
    'who runs this': whoRunsThis,
    'acting as users': actingAsUsers,
    'becoming root': becomingRoot,
    interpreter,
  },
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
