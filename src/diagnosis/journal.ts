import os from 'node:os';
import prettyBytes from 'pretty-bytes';
import semver from 'semver';
import { FileProblem } from '../host/files.ts';
import { sqliteVersion } from '../host/sqlite.ts';
import { tryVacuumInto } from '../host/sqlite-trial.ts';
import { journalPath } from '../journal/journal.ts';
import { attention, ok, orFine, run, say, unclear, wrong, type Finding } from './finding.ts';
import { judge, lookAt } from './placement.ts';
import { asRoot, hostOwner, seesAll, type Diagnosing, type Subject } from './subject.ts';

/** SQLite itself, and the journal that it keeps for us. */
export const journalSubject: Subject = {
  name: 'journal',
  checks: { sqlite, 'VACUUM INTO': vacuum, journal: journal },
};

/** Older ones lack what the journal's statements use, and fixes to VACUUM INTO. */
const leastSqlite = '3.45.0';

function sqlite(): Finding[] {
  const version = sqliteVersion();
  return [
    semver.gte(version, leastSqlite)
      ? ok('SQLite', version)
      : wrong(
          'SQLite',
          `${version} is older than ${leastSqlite}`,
          say('install the dependencies anew: npm ci'),
        ),
  ];
}

/** Done for real on a few rows, in the state folder; where that is not there yet or not to be touched, in a temporary one. */
async function vacuum(diagnosing: Diagnosing): Promise<Finding[]> {
  const { host, config } = diagnosing;
  const there = (await host.files.look(config.paths.state))?.kind === 'directory';
  const folder = there && !config.readOnly && seesAll(diagnosing) ? config.paths.state : os.tmpdir();
  try {
    tryVacuumInto(folder);
    return [ok('VACUUM INTO', `works in ${folder}`)];
  } catch (error) {
    return [
      wrong(
        'VACUUM INTO',
        `${folder}: ${error instanceof Error ? error.message : String(error)}`,
        say('snapshots are taken by it: see that the file system can be written, and is not full'),
      ),
    ];
  }
}

/** A larger one is not read while somebody waits. Bytes. */
const quicklyRead = 256 * 1024 ** 2;

async function journal(diagnosing: Diagnosing): Promise<Finding[]> {
  const { config, journal: open, journalProblem } = diagnosing;
  const subject = 'journal';
  const file = journalPath(config.paths.state);
  if (journalProblem !== undefined)
    return [
      seesAll(diagnosing)
        ? wrong(
            subject,
            journalProblem,
            say('move the file away to begin anew: its snapshots are unverified then'),
          )
        : unclear(subject, journalProblem, asRoot(diagnosing)),
    ];
  if (open === undefined) return [ok(subject, 'nothing was ever recorded')];
  const found = await lookAt(diagnosing, subject, file);
  if ('finding' in found) return [found.finding];
  const { facts } = found;
  if (facts === undefined) throw new FileProblem(file, 'ENOENT', 'is gone');
  const problems = judge(subject, file, facts, {
    kind: 'file',
    owner: hostOwner(diagnosing),
    forbidden: 0o077,
  });
  const format = Number(open.pragma('user_version', { simple: true }));
  const words = `${file}: format ${format}, ${prettyBytes(facts.size)}`;
  if (facts.size > quicklyRead)
    return [
      ...problems,
      attention(
        subject,
        `${words}: too large to be checked here`,
        run(
          ['sqlite3', file, 'PRAGMA quick_check'],
          'journal.operations says how much it keeps; check it by',
        ),
      ),
    ];
  const check = String(open.pragma('quick_check(1)', { simple: true }));
  if (check !== 'ok')
    problems.push(
      wrong(
        subject,
        `${file} is damaged: ${check}`,
        say('keep the file, and move it away to begin anew: its snapshots are unverified then'),
      ),
    );
  return orFine(problems, subject, `${words}, whole`);
}
