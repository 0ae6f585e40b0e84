import path from 'node:path';
import { expand } from '../config/expand.ts';
import type { Account } from '../host/account.ts';
import type { FileFacts } from '../host/files.ts';
import { valueOf } from '../fleet/observation.ts';
import { attention, orFine, run, say, wrong, type Finding } from './finding.ts';
import { belonging, lookAt, modeText, nothingThere } from './placement.ts';
import type { Diagnosing } from './subject.ts';

/** What SQLite keeps beside a database. One of these that root left behind locks the user's own server out. */
const sideFiles = ['-wal', '-shm', '-journal'];

/** A user's home, and the way to the state database in it. Only lstat: everything below is the user's to swap. */
export async function userFiles(diagnosing: Diagnosing): Promise<Finding[]> {
  const { fleet } = diagnosing;
  const problems = await Promise.all(
    fleet.instances.map(({ account }) => {
      const owner = valueOf(account);
      return owner === undefined ? [] : judgeHome(diagnosing, owner);
    }),
  );
  return orFine(problems.flat(), 'users’ files', 'homes and state databases are their users’');
}

/** What is wrong with a user's home, and with their state database from outside. */
export async function judgeHome(diagnosing: Diagnosing, owner: Account): Promise<Finding[]> {
  const subject = `${owner.name}: files`;
  const database = expand(diagnosing.config.paths.stateDatabase, { user: owner.name, home: owner.home });
  const found = await lookAt(diagnosing, subject, owner.home);
  if ('finding' in found) return [found.finding];
  if (found.facts === undefined)
    return [
      wrong(
        subject,
        nothingThere(owner.home),
        run(
          ['install', '-d', '-m', '700', '-o', owner.name, '-g', String(owner.gid), owner.home],
          'bring the home back, or make an empty one',
        ),
      ),
    ];
  const home = found.facts;
  const inHome = path.relative(owner.home, database);
  const folders = inHome.startsWith('..') ? [] : inHome.split('/').slice(0, -1);
  const problems = [
    ...belonging(subject, owner.home, home, 'directory', owner, run(['chown', `${owner.name}:`, owner.home])),
    ...((home.mode & 0o022) === 0
      ? []
      : [
          wrong(
            subject,
            `${owner.home}: mode ${modeText(home.mode)}, so others may write it`,
            run(['chmod', 'go-w', owner.home]),
          ),
        ]),
  ];
  if (problems.length > 0) return problems;
  // Whether everybody can walk through it.
  let open = (home.mode & 0o001) !== 0;
  let at = owner.home;
  for (const folder of folders) {
    at = path.join(at, folder);
    const step = await lookAt(diagnosing, subject, at);
    if ('finding' in step) return [step.finding];
    // Nothing yet: their t3 was never started.
    if (step.facts === undefined) return [];
    const foreign = belonging(subject, at, step.facts, 'directory', owner);
    // Behind a link lies what is not this user's alone: it is not looked at.
    if (foreign.length > 0) return foreign;
    open &&= (step.facts.mode & 0o001) !== 0;
  }
  return judgeDatabase(diagnosing, owner, subject, database, open);
}

async function judgeDatabase(
  diagnosing: Diagnosing,
  owner: Account,
  subject: string,
  database: string,
  open: boolean,
): Promise<Finding[]> {
  const problems: Finding[] = [];
  for (const file of [database, ...sideFiles.map((suffix) => `${database}${suffix}`)]) {
    const found = await lookAt(diagnosing, subject, file);
    if ('finding' in found) return [found.finding];
    if (found.facts === undefined) continue;
    problems.push(...belonging(subject, file, found.facts, 'file', owner));
    if (open && file === database && readable(found.facts)) {
      problems.push(
        attention(
          subject,
          `${database}: every user can read it, and pairing credentials stand in it in clear`,
          path.relative(owner.home, database).startsWith('..')
            ? say(`close its folder to others: chmod 700 ${path.dirname(database)}`)
            : run(['chmod', 'o=', owner.home]),
        ),
      );
    }
  }
  return problems;
}

function readable({ mode }: FileFacts): boolean {
  return (mode & 0o004) !== 0;
}
