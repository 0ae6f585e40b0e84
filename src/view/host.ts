import type { Fleet } from '../fleet/fleet.ts';
import type { HostJob } from '../fleet/jobs.ts';
import { valueOf } from '../fleet/observation.ts';
import { ageText, timeText } from './format.ts';

/** What the host's own scripts are about, in a few lines: frozen, last good, its jobs. Nothing where there is nothing. */
export function hostTexts(fleet: Fleet, wall: number): string[] {
  const freeze = valueOf(fleet.freeze);
  const lastGood = valueOf(fleet.lastGood);
  const jobs = (valueOf(fleet.jobs) ?? []).filter(({ installed }) => installed);
  return [
    ...(freeze?.frozen === true && freeze.operation === undefined
      ? [`FROZEN since ${ageText(wall - freeze.since)}${freeze.reason === '' ? '' : `: ${freeze.reason}`}`]
      : []),
    ...(valueOf(fleet.launcher)?.kind === 'replaced'
      ? ['LAUNCHER REPLACED: t3-cockpit launcher install']
      : []),
    ...(lastGood === undefined ? [] : [`last good ${lastGood}`]),
    ...jobs.map((job) => jobText(job, wall)),
  ];
}

/** A job in words: `t3-backup-state in 11h, last 03:30:02 well`. */
export function jobText(job: HostJob, wall: number): string {
  if (job.running) return `${job.name} runs now`;
  if (job.barred !== undefined) return `${job.name} is ${job.barred}`;
  const next =
    job.next === undefined ? (job.scheduled ? 'waits' : 'not scheduled') : `in ${ageText(job.next - wall)}`;
  const last = job.last === undefined ? '' : `, last ${timeText(job.last)}`;
  const ended = job.ended === undefined ? '' : job.ended === 'failed' ? ' FAILED' : ' well';
  return `${job.name} ${next}${last}${ended}`;
}
