import path from 'node:path';
import { expand } from '../config/expand.ts';
import { valueOf } from '../fleet/observation.ts';
import type { Account } from '../host/account.ts';
import { ok, orFine, run, say, wrong, type Finding, type Remedy } from './finding.ts';
import { belonging, judge, lookAt, nothingThere } from './placement.ts';
import { hostOwner, type Diagnosing, type Subject } from './subject.ts';
import { userFiles } from './user-files.ts';

/** Every configured path: is it there, of the right kind, and can only those change it who may? */
export const pathsSubject: Subject = {
  name: 'paths',
  checks: {
    'user map': (diagnosing) =>
      required(
        diagnosing,
        'user map',
        diagnosing.config.paths.userMap,
        say('run what generates it, or set paths.userMap'),
      ),
    'dispatch table': (diagnosing) =>
      required(
        diagnosing,
        'dispatch table',
        diagnosing.config.paths.dispatchTable,
        say('run what generates it, or set paths.dispatchTable'),
      ),
    'environment files': environmentFiles,
    backups: backups,
    'backup folders': backupFolders,
    'state folder': stateFolder,
    'marks of the updater': updaterMarks,
    'users’ files': userFiles,
  },
};

/** A file of the host that everything depends on: nobody but its owner may write it, nor swap it. */
async function required(
  diagnosing: Diagnosing,
  subject: string,
  file: string,
  missing: Remedy,
): Promise<Finding[]> {
  const owner = hostOwner(diagnosing);
  const found = await lookAt(diagnosing, subject, file);
  if ('finding' in found) return [found.finding];
  if (found.facts === undefined) return [wrong(subject, nothingThere(file), missing)];
  const folder = path.dirname(file);
  const around = await lookAt(diagnosing, subject, folder);
  const problems = [
    ...judge(subject, file, found.facts, { kind: 'file', owner, forbidden: 0o022 }),
    ...('finding' in around || around.facts === undefined
      ? []
      : judge(subject, folder, around.facts, { kind: 'directory', owner, forbidden: 0o022 })),
  ];
  return orFine(problems, subject, file);
}

/** They may hold secrets, and PID 1 reads them: nobody but root need. */
async function environmentFiles(diagnosing: Diagnosing): Promise<Finding[]> {
  const { fleet, config } = diagnosing;
  const owner = hostOwner(diagnosing);
  const problems = await Promise.all(
    fleet.instances.map(async ({ user }): Promise<Finding[]> => {
      const subject = `${user}: environment file`;
      const file = expand(config.paths.environmentFile, { user });
      const found = await lookAt(diagnosing, subject, file);
      if ('finding' in found) return [found.finding];
      return found.facts === undefined
        ? [wrong(subject, nothingThere(file), say('write T3_PORT=PORT into it, with the user’s port'))]
        : judge(subject, file, found.facts, { kind: 'file', owner, forbidden: 0o077 });
    }),
  );
  return orFine(problems.flat(), 'environment files', `${fleet.instances.length}, closed to others`);
}

/** Snapshotting gives folders in it away to users: it must be nobody's but the host's. */
async function backups(diagnosing: Diagnosing): Promise<Finding[]> {
  const owner = hostOwner(diagnosing);
  const folder = path.dirname(diagnosing.config.paths.backups);
  const found = await lookAt(diagnosing, 'backups', folder);
  if ('finding' in found) return [found.finding];
  if (found.facts === undefined)
    return [
      wrong('backups', nothingThere(folder), run(['install', '-d', '-m', '755', '-o', owner.name, folder])),
    ];
  return orFine(
    judge('backups', folder, found.facts, { kind: 'directory', owner, forbidden: 0o022 }),
    'backups',
    folder,
  );
}

/** Each is its user's own, closed to all others, and really there where it seems to be. */
async function backupFolders(diagnosing: Diagnosing): Promise<Finding[]> {
  const { instances } = diagnosing.fleet;
  const judged = await Promise.all(
    instances.flatMap(({ account }) => {
      const owner = valueOf(account);
      return owner === undefined ? [] : [judgeBackupFolder(diagnosing, owner)];
    }),
  );
  const none = judged.filter((each) => each === 'none').length;
  return orFine(
    judged.flatMap((each) => (each === 'none' ? [] : each)),
    'backup folders',
    `${judged.length - none}, each its user’s own${none === 0 ? '' : `; ${none} will be made by a first backup`}`,
  );
}

/** What is wrong with a user's backup folder, and the cockpit's in it; `none` where there is no such folder. */
export async function judgeBackupFolder(diagnosing: Diagnosing, owner: Account): Promise<Finding[] | 'none'> {
  const { config } = diagnosing;
  const subject = `${owner.name}: backup folder`;
  const folder = expand(config.paths.backups, { user: owner.name });
  const found = await lookAt(diagnosing, subject, folder);
  if ('finding' in found) return [found.finding];
  if (found.facts === undefined) return 'none';
  const judged = judge(subject, folder, found.facts, { kind: 'directory', owner, forbidden: 0o077 });
  if (judged.length > 0 || !looksInside(diagnosing, owner.uid)) return judged;
  const inner = path.join(folder, config.snapshots.folder);
  const ours = await lookAt(diagnosing, subject, inner);
  if ('finding' in ours) return [ours.finding];
  return ours.facts === undefined ? [] : belonging(subject, inner, ours.facts, 'directory', owner);
}

/** Nobody else may look into a folder that is closed to others. */
function looksInside({ uid }: Diagnosing, owner: number): boolean {
  return uid === 0 || uid === owner;
}

/** Whoever could write here could replace checksums, or hold the host's lock. */
async function stateFolder(diagnosing: Diagnosing): Promise<Finding[]> {
  const owner = hostOwner(diagnosing);
  const folder = diagnosing.config.paths.state;
  const found = await lookAt(diagnosing, 'state folder', folder);
  if ('finding' in found) return [found.finding];
  if (found.facts === undefined)
    return [ok('state folder', `${folder}: will be made by the first operation`)];
  return orFine(
    judge('state folder', folder, found.facts, { kind: 'directory', owner, forbidden: 0o077 }),
    'state folder',
    folder,
  );
}

/** Freeze, last good, deferrals: each steers versions by its existence or its content. */
async function updaterMarks(diagnosing: Diagnosing): Promise<Finding[]> {
  const { config, fleet } = diagnosing;
  const owner = hostOwner(diagnosing);
  const files = [
    { subject: 'freeze', file: config.paths.freeze },
    { subject: 'last good', file: config.paths.lastGood },
    ...fleet.instances.map(({ user }) => ({
      subject: `${user}: deferral`,
      file: expand(config.paths.deferral, { user }),
    })),
  ];
  let there = 0;
  const problems = await Promise.all(
    files.map(async ({ subject, file }): Promise<Finding[]> => {
      const found = await lookAt(diagnosing, subject, file);
      if ('finding' in found) return [found.finding];
      if (found.facts === undefined) return [];
      there += 1;
      return judge(subject, file, found.facts, { kind: 'file', owner, forbidden: 0o022 });
    }),
  );
  return orFine(problems.flat(), 'marks of the updater', there === 0 ? 'none' : `${there}, root’s alone`);
}
