import type { ScheduleRecord } from '../journal/schedules.ts';
import { aboutRequest } from '../operations/schedule/about.ts';
import { clockText } from './format.ts';

/** What is to be done later, in words. */

/** `bump to 0.0.27, 11-26 02:00 to 05:00`. @param now Milliseconds since 1970 */
export function scheduleText({ request, beginsAt, endsAt }: ScheduleRecord, now: number): string {
  const [from, to] = [clockText(beginsAt, now), clockText(endsAt, beginsAt)];
  return `${aboutRequest(request)}, ${from} to ${to}`;
}

/** How it stands: what is written down, and what follows from the time. */
export function scheduleStanding(
  { state, outcome, reason, endsAt, endedAt }: ScheduleRecord,
  now: number,
): string {
  const why = reason === undefined ? '' : `: ${reason}`;
  switch (state) {
    case 'waiting':
      return now > endsAt ? 'missed: nothing has run it' : 'waits';
    case 'running':
      return now > endsAt + overdue ? 'cut off: nothing was heard of it since' : 'runs';
    case 'cancelled':
      return 'cancelled';
    case 'ended':
      return `${outcome ?? 'ended'}${endedAt === undefined ? '' : ` at ${clockText(endedAt, now)}`}${why}`;
  }
}

/** An operation that has begun within the window goes on beyond it; so long at most. Milliseconds. */
const overdue = 6 * 3_600_000;
