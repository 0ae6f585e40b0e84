import { UsageProblem } from '../errors.ts';

/** From when until when something may be done; milliseconds since 1970. */
export interface Window {
  begins: number;
  ends: number;
}

/** How long what is to begin at a moment may go on, where no end was given: for what is drained afterwards. */
const defaultSpan = 60 * 60_000;

/** A timer needs a moment that is not past yet. */
const soonest = 60_000;

/** The longest time that anything is put off: a host of next year is another one. */
const farthest = 31 * 86_400_000;

/**
 * `--at 02:30`, or `--at 2026-11-26T02:30`: the next such moment, by the local clock.
 *
 * @throws UsageProblem
 */
export function windowAt(text: string, now: number): Window {
  const time = /^(\d\d):(\d\d)$/.exec(text);
  const begins = time === null ? momentOf(text) : nextTime(time, now);
  if (begins === undefined)
    throw new UsageProblem(
      `--at ${text}: expected a time, like 02:30, or a date with one, like 2026-11-26T02:30`,
    );
  return checked({ begins, ends: begins + defaultSpan }, now);
}

/**
 * `--window 02:00-05:00`: the next one, by the local clock; the one that is open now, if one is.
 *
 * @throws UsageProblem
 */
export function windowOf(text: string, now: number): Window {
  const [, first = '', last = ''] = /^(\d\d:\d\d)-(\d\d:\d\d)$/.exec(text) ?? [];
  const [from, to] = [/^(\d\d):(\d\d)$/.exec(first), /^(\d\d):(\d\d)$/.exec(last)];
  const ends = to === null ? undefined : nextTime(to, now);
  if (from === null || ends === undefined || first === last)
    throw new UsageProblem(`--window ${text}: expected two times, like 02:00-05:00`);
  const begins = nextTime(from, now);
  if (begins === undefined) throw new UsageProblem(`--window ${text}: expected two times, like 02:00-05:00`);
  // It ends before it begins again: it is open.
  if (ends < begins) return checked({ begins: now + soonest, ends }, now);
  return checked({ begins, ends }, now);
}

/** The next moment with this time of day; undefined where there is no such time. */
function nextTime([, hour = '', minute = '']: RegExpExecArray, now: number): number | undefined {
  if (Number(hour) > 23 || Number(minute) > 59) return undefined;
  const next = new Date(now);
  next.setHours(Number(hour), Number(minute), 0, 0);
  if (next.getTime() <= now) next.setDate(next.getDate() + 1);
  return next.getTime();
}

function momentOf(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d$/.test(text)) return undefined;
  const moment = new Date(text.replace(' ', 'T')).getTime();
  return Number.isNaN(moment) ? undefined : moment;
}

function checked(window: Window, now: number): Window {
  if (window.begins < now) throw new UsageProblem('that time is past');
  if (window.begins > now + farthest) throw new UsageProblem('that is more than a month away');
  if (window.ends - window.begins < soonest) throw new UsageProblem('that window is shorter than a minute');
  return window;
}
