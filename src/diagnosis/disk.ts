import path from 'node:path';
import prettyBytes from 'pretty-bytes';
import { valueOf } from '../fleet/observation.ts';
import { FileProblem, type Room } from '../host/files.ts';
import { attention, ok, run, say, unclear, wrong, type Finding } from './finding.ts';
import { asRoot, own, seesAll, type Diagnosing, type Subject } from './subject.ts';

/** Room for what a backup, a restore and the journal will write. */
export const diskSubject: Subject = {
  name: 'disk',
  checks: { backups: backups, homes: homes, state: state },
};

/** Fewer files than this can still be made: that is as full as no bytes are. */
const fewInodes = 1000;

/** What the journal wants for itself, bytes: its write-ahead log, and events of a long operation. */
const journalRoom = 64 * 1024 ** 2;

/** One backup of everyone is as large as their databases, before anything is pruned. */
async function backups(diagnosing: Diagnosing): Promise<Finding[]> {
  const { config, fleet } = diagnosing;
  const folder = path.dirname(config.paths.backups);
  const { keepFree } = config.snapshots;
  const sizes = fleet.instances.map(({ user, size }) => ({ user, size: valueOf(size) }));
  const needed = sizes.reduce(
    (sum, { size }) => sum + (size === undefined ? 0 : size.database + size.wal),
    0,
  );
  const unsized = sizes.filter(({ size }) => size === undefined).map(({ user }) => user);
  const without = unsized.length === 0 ? '' : `, not counting ${unsized.join(', ')}`;
  return look(diagnosing, 'backups', folder, ({ free }) => {
    const words = `${folder}: ${prettyBytes(free)} free, a backup of everyone takes ${prettyBytes(needed)}${without}`;
    if (free >= needed + keepFree) return ok('backups', words);
    return wrong(
      'backups',
      `${words}, and ${prettyBytes(keepFree)} are to stay free (snapshots.keepFree)`,
      run(own(diagnosing, 'snapshots', 'prune'), 'see what could go (--yes removes it), or make room'),
    );
  });
}

/** A restore writes the new database beside the old one. */
async function homes(diagnosing: Diagnosing): Promise<Finding[]> {
  const { fleet, host } = diagnosing;
  const users = fleet.instances.flatMap(({ user, account, size }) => {
    const home = valueOf(account)?.home;
    return home === undefined ? [] : [{ user, home, bytes: valueOf(size)?.database ?? 0 }];
  });
  // One question a file system: the largest database on it is what has to fit.
  const largest = new Map<bigint, (typeof users)[number]>();
  for (const each of users) {
    const device = (await host.files.look(each.home))?.device;
    const before = device === undefined ? undefined : largest.get(device);
    if (device !== undefined && each.bytes >= (before?.bytes ?? 0)) largest.set(device, each);
  }
  const findings = await Promise.all(
    [...largest.values()].map(({ user, home, bytes }) =>
      look(diagnosing, 'homes', path.dirname(home), ({ free }) => {
        const words = `${path.dirname(home)}: ${prettyBytes(free)} free, the largest database (${user}) is ${prettyBytes(bytes)}`;
        return free >= bytes
          ? ok('homes', words)
          : attention('homes', `${words}: it could not be restored`, say('make room in the homes'));
      }),
    ),
  );
  return findings.flat();
}

async function state(diagnosing: Diagnosing): Promise<Finding[]> {
  const { config, host } = diagnosing;
  let folder = config.paths.state;
  // Before the first operation it is not there: then its place counts.
  while (folder !== '/' && (await host.files.look(folder)) === undefined) folder = path.dirname(folder);
  return look(diagnosing, 'state', folder, ({ free }) =>
    free >= journalRoom
      ? ok('state', `${folder}: ${prettyBytes(free)} free`)
      : wrong(
          'state',
          `${folder}: ${prettyBytes(free)} free, the journal wants ${prettyBytes(journalRoom)}`,
          say(`make room on the file system of ${folder}`),
        ),
  );
}

async function look(
  diagnosing: Diagnosing,
  subject: string,
  folder: string,
  judge: (room: Room) => Finding,
): Promise<Finding[]> {
  let room: Room;
  try {
    room = await diagnosing.host.files.room(folder);
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    return [
      seesAll(diagnosing)
        ? wrong(subject, error.message, say(`see paths: ${subject}`))
        : unclear(subject, error.message, asRoot(diagnosing)),
    ];
  }
  const { inodes } = room;
  return [
    judge(room),
    ...(inodes === undefined || inodes >= fewInodes
      ? []
      : [
          wrong(
            subject,
            `${folder}: only ${inodes} more files can be made`,
            say('remove small files in large numbers from its file system'),
          ),
        ]),
  ];
}
