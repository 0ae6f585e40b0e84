import { valueOf } from '../../fleet/observation.ts';
import prettyBytes from 'pretty-bytes';
import type { Work } from '../../t3/state-database.ts';
import type { LiveWork } from './restore.ts';
import { bytesOf } from './prebump.ts';
import type { RollbackFacts } from './rollback.ts';
import type { Target } from './rollback-target.ts';
import type { Returning } from './rollback-user.ts';

interface Noted {
  /** Who goes back. */
  users: readonly Returning[];
  /** And everybody else. */
  all: readonly Returning[];
  target: Target;
  facts: RollbackFacts;
  freezes: boolean;
}

/** What the admin should know before saying yes to a rollback. */
export function notesOf({ users, all, target, facts, freezes }: Noted): string[] {
  const { installed, version, because, some } = target;
  const first = users.find(({ later, off }) => later === undefined && !off);
  return [
    some || installed === version
      ? `back to ${version}, ${because}`
      : `back from ${installed} to ${version}, ${because}`,
    ...users.flatMap((each) =>
      each.what === 'database'
        ? lossOf(each, facts)
        : [`${each.user}: the database stays: ${version} knows schema ${each.schema?.id ?? '?'}`],
    ),
    ...all
      .filter(({ what }) => what === 'nothing')
      .map(
        ({ user, off }) =>
          `${user}: ${off ? 'is off' : `runs ${version}`}, with a database that it knows: nothing to do`,
      ),
    ...users.flatMap((each) => laterNotes(each, target)),
    ...(first === undefined || users.length < 2
      ? []
      : [
          `${first.user} is the first: if it does not work for them, everything is led forward again. Of a later one who fails, only they stay where they are`,
        ]),
    ...(freezes
      ? [
          'versions are frozen from then on, for the host’s own scripts know nothing of databases: t3-cockpit unfreeze, when it is known what was wrong',
        ]
      : []),
    'what is given up is kept; to look into it: docs/looking-into-a-snapshot.md',
  ];
}

const counted = ['projects', 'threads', 'messages', 'turns'] as const;

/** What one user loses, and to what. */
export function lossOf({ user, instance, source, ground }: Returning, { live }: RollbackFacts): string[] {
  if (source === undefined) return [];
  const then = source.record?.work;
  const now = live.get(user);
  const sizes = `${prettyBytes(bytesOf(instance))} now, ${prettyBytes(source.bytes)} then`;
  const from = `${source.file}, ${moment(source.takenAt)}`;
  if (then === undefined || now === undefined || 'problem' in now)
    return [
      `${user}: what would be given up cannot be told${now !== undefined && 'problem' in now ? ` (${now.problem})` : ''}; ${sizes}: ${from}`,
    ];
  const lost = lossText(then, now);
  return [
    `${user}: ${lost === undefined ? 'no work since, nothing is given up' : `gives up ${lost}`}; ${sizes}: ${from}`,
    ...(ground.version === undefined && valueOf(instance.unit)?.mainPid !== undefined
      ? [`${user}: their server does not answer`]
      : []),
  ];
}

/** What is lost of somebody's work, in a few words; null for nothing. */
export function lossWords(then: Work | undefined, now: LiveWork | undefined): string | null {
  if (then === undefined || now === undefined || 'problem' in now) return 'cannot be told';
  return lossText(then, now) ?? null;
}

/** What was done between two looks, in words; undefined for nothing. */
export function lossText(then: Work, now: Work): string | undefined {
  const changes = counted
    .filter((what) => now[what] !== then[what])
    .map(
      (what) =>
        `${Math.abs(now[what] - then[what])} ${what}${now[what] < then[what] ? ' that were removed' : ''}`,
    );
  const worked =
    now.lastActivity != null && (then.lastActivity == null || now.lastActivity > then.lastActivity);
  if (changes.length === 0 && !worked) return undefined;
  return `${changes.length === 0 ? 'what was changed since' : changes.join(', ')}${worked ? `, newest work ${moment(now.lastActivity ?? 0)}` : ''}`;
}

const moment = (at: number) => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** Whoever is at work, or hosts the session, stays for now, and on what. */
function laterNotes({ user, later, knows }: Returning, { version, own }: Target): string[] {
  if (later === undefined) return [];
  const stays =
    knows === undefined
      ? ''
      : `; until then ${own ? 'they go on with' : 'held on'} ${knows}, which knows their database`;
  return [
    `${user} later, when idle (drain): ${later}${stays}${own ? '' : `, and nobody can pair there anew: pages mint with ${version}`}`,
  ];
}
