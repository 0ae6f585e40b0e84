import type { Happening } from '../fleet/happened.ts';
import type { Told } from '../operations/happened.ts';
import { clockText } from './format.ts';

/** What happened without the cockpit, in words. */

/** A job by its name without what all of them begin with. */
export const jobName = (job: string): string => job.replace(/^t3-/, '');

/** `watchdog restarted emo at 03:12`. @param now Milliseconds since 1970, all times here */
export function happeningText(happening: Happening, now: number): string {
  const when = happening.at === undefined ? '' : ` at ${clockText(happening.at, now)}`;
  return `${sentence(happening)}${when}${byNobody(happening)}`;
}

function sentence(happening: Happening): string {
  const { job, user } = happening;
  const by = job === undefined ? undefined : jobName(job);
  switch (happening.kind) {
    case 'restarted': {
      const onto = happening.version === undefined ? '' : ` onto ${happening.version}`;
      const verb = happening.again ? 'restarted' : 'started';
      return by === undefined ? `${user} was ${verb}${onto}` : `${by} ${verb} ${user}${onto}`;
    }
    case 'deferred': {
      const onto = happening.version === undefined ? '' : ` onto ${happening.version}`;
      return by === undefined
        ? `a restart of ${user}${onto} was put off`
        : `${by} put off a restart of ${user}${onto}`;
    }
    case 'installed':
      return by === undefined
        ? `${happening.to} was installed, in place of ${happening.from}`
        : `${by} installed ${happening.to}, in place of ${happening.from}`;
    case 'pinned':
      return `the pin was moved from ${happening.from} to ${happening.to}`;
    case 'runs':
      return `${user} runs ${happening.to} now, and ran ${happening.from}`;
    case 'health check failed':
      return `${by ?? 'somebody'}: ${happening.words}`;
    case 'rolled back':
      return `${by ?? 'somebody'} took the binary back by itself`;
    case 'rollback failed':
      return `${by ?? 'somebody'} could not take the binary back`;
    case 'out of memory': {
      const times = happening.times === 1 ? '' : ` ${happening.times} times, last`;
      return `the kernel killed a process of ${user}’s server for want of memory${times}`;
    }
    case 'failed': {
      const times = happening.times === 1 ? '' : ` ${happening.times} times`;
      const words = happening.words === undefined ? '' : ` (${happening.words})`;
      return `${by ?? 'somebody'} failed${times}${words}${happening.times === 1 ? '' : ', last'}`;
    }
    case 'snapshots': {
      const { length: count } = happening.users;
      return `${by ?? 'the host’s script'} took ${count} snapshot${count === 1 ? '' : 's'}`;
    }
    case 'frozen':
      return `versions were frozen${happening.reason === '' ? '' : ` (${happening.reason})`}`;
    case 'thawed':
      return 'versions are frozen no longer';
    case 'scheduled': {
      const why = happening.reason === undefined ? '' : ` (${happening.reason})`;
      return `schedule ${happening.schedule}, ${happening.about}: ${happening.outcome}${why}`;
    }
    case 'booted':
      return 'this machine was started';
  }
}

/** What somebody will ask first of a change that none of the host's jobs has made. */
function byNobody({ kind, job }: Happening): string {
  const changes = ['restarted', 'installed', 'pinned', 'frozen', 'thawed'];
  return changes.includes(kind) && (job === undefined || kind === 'installed') ? ' (not by the cockpit)' : '';
}

/** Does somebody have to see this? The others are how a quiet night looks. */
export function isTelling({ kind }: Happening): boolean {
  return kind !== 'snapshots';
}

/** `since 18:02: watchdog restarted emo at 03:12; and 3 more`: one line; undefined where nothing tells. */
export function happenedLine({ since, happenings, first }: Told, now: number): string | undefined {
  // Where nobody has looked before everything is as it was found, but for what was asked for.
  const telling = happenings.filter((each) => (first ? each.kind === 'scheduled' : isTelling(each)));
  const others = happenings.length - telling.length;
  const newest = telling.at(-1);
  if (newest === undefined) return undefined;
  const more = telling.length - 1 + others;
  return `since ${clockText(since, now)}: ${happeningText(newest, now)}${more === 0 ? '' : `; and ${more} more`}`;
}

/** All of it, a line each; how often the jobs ran; what could not be found out. */
export function happenedTexts({ since, happenings, jobs, problem, first }: Told, now: number): string[] {
  const from = `since ${clockText(since, now)}`;
  const runs = jobs
    .filter((job) => job.runs > 0)
    .map(
      ({ job, runs: count, failed, last }) =>
        `${jobName(job)} ran ${count === 1 ? 'once' : `${count} times`}${failed === 0 ? '' : `, ${failed} of them failed`}${last === undefined ? '' : `, last at ${clockText(last, now)}`}`,
    );
  return [
    ...(happenings.length === 0
      ? [
          `nothing happened ${from} without the cockpit${problem === undefined ? '' : ', as far as can be seen'}`,
        ]
      : [`${from}${first ? ' (nobody has looked before)' : ''}:`]),
    ...happenings.map((each) => `  ${happeningText(each, now)}`),
    ...runs.map((text) => `  ${text}`),
    ...(problem === undefined ? [] : [`  what the jobs said is not known: ${problem}`]),
  ];
}
