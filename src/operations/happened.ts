import type { Config } from '../config/schema.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { happenedSince, parseSeen, seenOf, type Happened, type Happening } from '../fleet/happened.ts';
import { jobUnits } from '../fleet/jobs.ts';
import type { Host } from '../host/host.ts';
import type { Sqlite } from '../host/sqlite.ts';
import type { UnitRecord } from '../host/unit-journal/unit-journal.ts';
import { readLook, recordLook } from '../journal/looks.ts';
import { stepsSince } from '../journal/operations.ts';
import { durationWords } from '../text/duration.ts';
import { excerpt } from '../text/printable.ts';
import { listSchedules } from '../journal/schedules.ts';
import { aboutRequest } from './schedule/about.ts';
import { isDisruptive } from './steps/index.ts';

/** What happened without the cockpit, and what of that could not be found out. */
export interface Told extends Happened {
  /** Why the jobs' logs could not be read, if so. */
  problem: string | undefined;
  /** Nobody has looked before: from when on is only a guess. */
  first: boolean;
}

const subject = 'happened';

/** However long nobody has looked: a watchdog says something every minute. Milliseconds. */
const longestSpan = 7 * 86_400_000;
const firstSpan = 86_400_000;

/** More records than this are not read: the newest count. */
const mostRecords = 20_000;

/**
 * What happened to the host since somebody last looked, and was not the cockpit's doing.
 *
 * @param since From when on, in place of the last look; milliseconds since 1970.
 */
export async function lookAtHappened(
  { host, config, journal }: { host: Host; config: Config; journal: Sqlite | undefined },
  fleet: Fleet,
  since?: number,
): Promise<Told> {
  const now = host.clock.now();
  const look = journal === undefined ? undefined : readLook(journal, subject);
  const from = Math.max(since ?? look?.at ?? now - firstSpan, now - longestSpan);
  let records: UnitRecord[] = [];
  let problem: string | undefined;
  const jobs = config.jobs.map((job) => jobUnits(job).service);
  const units = [...jobs, ...fleet.instances.map(({ unitName }) => unitName)];
  try {
    // Of a server only what its supervisor says of it: its own lines are its user's.
    records = await host.unitJournal.read(units, jobs, { since: from }, mostRecords);
    const [oldest] = records;
    if (records.length >= mostRecords && oldest !== undefined)
      problem = `the journal has more than ${mostRecords} records since then: only the last ${durationWords(now - oldest.at)} are told`;
  } catch (error) {
    problem = excerpt(error instanceof Error ? error.message : String(error));
  }
  const ours = journal === undefined ? [] : stepsSince(journal, from);
  const told = happenedSince({
    fleet,
    config,
    since: from,
    // What was seen at another time says nothing of what has changed since this one.
    seen: since === undefined ? parseSeen(look?.seen) : undefined,
    records,
    ours: ours.map((span) => ({ ...span, disrupts: isDisruptive(span.kind) })),
    booted: now - host.clock.monotonic(),
  });
  return {
    ...told,
    happenings: [...told.happenings, ...(journal === undefined ? [] : scheduled(journal, from, now))],
    problem,
    first: look === undefined,
  };
}

/** What was to be done in the meantime, and how that ended; also what nothing has run. */
function scheduled(journal: Sqlite, since: number, now: number): Happening[] {
  return listSchedules(journal, 100).flatMap((record): Happening[] => {
    const { id, request, reason, state, endsAt } = record;
    const missed = state === 'waiting' && endsAt < now;
    const at = missed ? endsAt : record.endedAt;
    const outcome = missed ? 'missed' : record.outcome;
    if (outcome === undefined || at === undefined || at < since) return [];
    const about = aboutRequest(request);
    return [{ kind: 'scheduled', at, job: undefined, user: undefined, schedule: id, about, outcome, reason }];
  });
}

/** Somebody was told: from here on it is new. */
export function rememberLook(journal: Sqlite, fleet: Fleet, at: number): void {
  recordLook(journal, subject, { at, seen: seenOf(fleet) });
}
