import * as z from 'zod';
import type { Config } from '../config/schema.ts';
import type { UnitRecord } from '../host/unit-journal/unit-journal.ts';
import { excerpt } from '../text/printable.ts';
import { parseEnforcerLine } from './enforcer-output.ts';
import type { Fleet } from './fleet.ts';
import { jobUnits } from './jobs.ts';
import { valueOf } from './observation.ts';
import { pinText } from './pins.ts';

/** What happened to a host and was not the cockpit's doing. Who did it is told by when, and by the jobs' own words. */

export type What =
  /** `again`: it ran before. */
  | { kind: 'restarted'; version: string | undefined; again: boolean }
  | { kind: 'deferred'; version: string | undefined }
  | { kind: 'installed'; from: string; to: string }
  | { kind: 'pinned'; from: string; to: string }
  | { kind: 'runs'; from: string; to: string }
  | { kind: 'health check failed'; words: string }
  | { kind: 'rolled back' }
  | { kind: 'rollback failed' }
  /** The kernel killed a process of a user's server; so many times, last at `at`. */
  | { kind: 'out of memory'; times: number }
  /** A job came to an end that is no success; so many times, last at `at`. */
  | { kind: 'failed'; times: number; words: string | undefined }
  | { kind: 'snapshots'; users: readonly string[] }
  | { kind: 'frozen'; reason: string }
  | { kind: 'thawed' }
  /** Something that was agreed to earlier was done, or was not (operations/schedule). */
  | { kind: 'scheduled'; schedule: number; about: string; outcome: string; reason: string | undefined }
  | { kind: 'booted' };

export type Happening = What & {
  /** Milliseconds since 1970; undefined where it is only known that it has happened since. */
  at: number | undefined;
  /** The job that did it; undefined where that is not known, or nobody's. */
  job: string | undefined;
  user: string | undefined;
};

/** How often a job ran, and how that went. */
export interface JobRuns {
  job: string;
  runs: number;
  failed: number;
  last: number | undefined;
}

/** What of a host is kept to be compared with later. */
const seenSchema = z.object({
  installed: z.string().nullable(),
  pinned: z.string().nullable(),
  frozen: z.boolean().nullable(),
  running: z.record(z.string(), z.string()),
});
export type Seen = z.output<typeof seenSchema>;

export const parseSeen = (seen: unknown): Seen | undefined => seenSchema.safeParse(seen).data;

/** How a host is now; what is not known is null, and is not compared. */
export function seenOf(fleet: Fleet): Seen {
  const agreed = valueOf(fleet.pins)?.agreed;
  return {
    installed: valueOf(fleet.installed) ?? null,
    pinned: agreed === undefined ? null : pinText(agreed),
    frozen: valueOf(fleet.freeze)?.frozen ?? null,
    running: Object.fromEntries(
      fleet.instances.flatMap(({ user, liveness }) => {
        const version = valueOf(liveness)?.version;
        return version === undefined ? [] : [[user, version]];
      }),
    ),
  };
}

/** What the cockpit itself did: the spans of its steps. */
export interface Ours {
  operation: number;
  /** It stops or starts servers, or moves versions. */
  disrupts: boolean;
  /** Undefined of a step of the host's. */
  user: string | undefined;
  kind: string;
  from: number;
  to: number | undefined;
}

export interface HappenedFacts {
  fleet: Fleet;
  config: Config;
  /** From when on; and how the host was then, where that was kept. */
  since: number;
  seen: Seen | undefined;
  /** What the journal has of the jobs' and the servers' units. */
  records: readonly UnitRecord[];
  ours: readonly Ours[];
  /** When this machine was started. */
  booted: number;
}

export interface Happened {
  since: number;
  happenings: Happening[];
  jobs: JobRuns[];
}

/** One run of a job. */
interface Run {
  job: string;
  from: number;
  to: number;
  failed: boolean;
  lines: readonly string[];
}

/** Clocks of a process and of its supervisor's word about it; and how long a server may take to come back. Milliseconds. */
const slack = 2000;

/** A server that starts so long after it has ended was stopped, and then started. */
const comeback = 2 * 60_000;

/** What systemd starts so soon after the machine belongs to that. */
const bootTime = 5 * 60_000;

/** What has happened since, oldest first; what is only known to have happened comes last. */
export function happenedSince(facts: HappenedFacts): Happened {
  const { since, config } = facts;
  const runs = runsOf(facts);
  const happenings = [
    ...boots(facts),
    ...restarts(facts, runs),
    ...shortages(facts),
    ...runs.flatMap(said),
    ...failures(runs),
    ...snapshots(facts, runs),
    ...freezes(facts, runs),
    ...versions(facts, runs),
  ]
    .filter((each, _, all) => !isKnownBy(each, all))
    .toSorted((a, b) => (a.at ?? Number.POSITIVE_INFINITY) - (b.at ?? Number.POSITIVE_INFINITY));
  return {
    since,
    happenings,
    jobs: config.jobs.map((job) => {
      const own = runs.filter((run) => run.job === job);
      return {
        job,
        runs: own.length,
        failed: own.filter(({ failed }) => failed).length,
        last: own.at(-1)?.to,
      };
    }),
  };
}

/** That somebody runs another version is no news where it is told how it came to that. */
const isKnownBy = (each: Happening, all: readonly Happening[]) =>
  each.kind === 'runs' &&
  all.some((other) => other.kind === 'restarted' && other.user === each.user && other.version === each.to);

const nobody = { job: undefined, user: undefined };

/** The runs of the host's jobs, but for those that the cockpit has let run itself. */
function runsOf({ config, records, ours }: HappenedFacts): Run[] {
  const jobs = new Map(config.jobs.map((job) => [jobUnits(job).service, job]));
  const runs = new Map<string, UnitRecord[]>();
  for (const record of records) {
    if (!jobs.has(record.unit)) continue;
    const key = `${record.unit} ${record.invocation ?? ''}`;
    const known = runs.get(key);
    if (known === undefined) runs.set(key, [record]);
    else known.push(record);
  }
  return [...runs.values()].flatMap((own) => {
    const [first] = own;
    if (first === undefined) return [];
    const to = own.at(-1)?.at ?? first.at;
    if (ours.some((span) => span.kind === 'enforce' && within(first.at, span))) return [];
    return [
      {
        job: jobs.get(first.unit) ?? '',
        from: first.at,
        to,
        failed: own.some(({ kind }) => kind === 'failed'),
        lines: own.flatMap(({ kind, text = '' }) => (kind === 'line' ? [excerpt(text)] : [])),
      },
    ];
  });
}

const within = (at: number, { from, to }: { from: number; to: number | undefined }) =>
  at >= from - slack && at <= (to ?? Number.POSITIVE_INFINITY) + slack;

function boots({ since, booted }: HappenedFacts): Happening[] {
  return booted > since ? [{ ...nobody, kind: 'booted', at: booted }] : [];
}

/** Servers that were started, by whichever job ran just then. */
function restarts({ fleet, records, ours, booted }: HappenedFacts, runs: readonly Run[]): Happening[] {
  const users = new Map(fleet.instances.map(({ unitName, user }) => [unitName, user]));
  return records.flatMap((record): Happening[] => {
    const user = users.get(record.unit);
    const { at, unit } = record;
    if (record.kind !== 'started' || user === undefined) return [];
    if (at >= booted && at < booted + bootTime) return [];
    const byUs = ours.some(
      (span) => span.disrupts && (span.user === user || span.kind === 'enforce') && within(at, span),
    );
    if (byUs) return [];
    const named = runs.find((run) => within(at, run) && versionSaid(run, unit) !== undefined);
    // Not a moment beside it: many things happen at full hours.
    const run = named ?? runs.find((each) => at >= each.from && at <= each.to);
    const version = run === undefined ? undefined : versionSaid(run, unit);
    const again = records.some(
      ({ unit: other, kind, at: then }) =>
        other === unit && (kind === 'ended' || kind === 'failed') && then <= at && then > at - comeback,
    );
    return [{ kind: 'restarted', at, user, job: run?.job, version, again }];
  });
}

/** One for each user: an agent that fills its memory again and again is one thing that is wrong. */
function shortages({ fleet, records }: HappenedFacts): Happening[] {
  return fleet.instances.flatMap(({ unitName, user }): Happening[] => {
    const kills = records.filter(({ kind, unit }) => kind === 'out of memory' && unit === unitName);
    const last = kills.at(-1);
    if (last === undefined) return [];
    return [{ kind: 'out of memory', at: last.at, job: undefined, user, times: kills.length }];
  });
}

function versionSaid({ lines }: Run, unit: string): string | undefined {
  for (const text of lines) {
    const line = parseEnforcerLine(text);
    if (line?.kind === 'restarted' && line.unit === unit) return line.version;
  }
  return undefined;
}

/** What a job says of its own that nothing else tells. */
function said({ job, to, lines }: Run): Happening[] {
  return lines.flatMap((text): Happening[] => {
    const line = parseEnforcerLine(text);
    const by = { at: to, job, user: undefined };
    switch (line?.kind) {
      case 'health check failed':
        return [{ ...by, kind: 'health check failed', words: line.words }];
      case 'rolled back':
      case 'rollback failed':
        return [{ ...by, kind: line.kind }];
      default:
        return [];
    }
  });
}

/** One for each job, with its last words: a watchdog that fails every minute is one thing that is wrong. */
function failures(runs: readonly Run[]): Happening[] {
  const failed = runs.filter((run) => run.failed);
  return [...new Set(failed.map(({ job }) => job))].map((job) => {
    const own = failed.filter((run) => run.job === job);
    const last = own.at(-1);
    return {
      kind: 'failed',
      job,
      user: undefined,
      at: last?.to,
      times: own.length,
      words: last?.lines.at(-1),
    };
  });
}

/** The snapshots that the host's own script took: those of one run, or of one minute, are one thing. */
function snapshots({ fleet, since }: HappenedFacts, runs: readonly Run[]): Happening[] {
  const groups = new Map<string, { at: number; job: string | undefined; users: string[] }>();
  for (const { user, snapshots: observed } of fleet.instances) {
    for (const entry of valueOf(observed) ?? []) {
      // Their names count in seconds.
      if (entry.origin !== 'host' || entry.kind !== 'daily' || entry.takenAt + 999 < since) continue;
      const run = runs.find((each) => within(entry.takenAt, each));
      const key = run === undefined ? `at ${Math.floor(entry.takenAt / 60_000)}` : `${run.job} ${run.from}`;
      const group = groups.get(key) ?? { at: entry.takenAt, job: run?.job, users: [] };
      groups.set(key, { ...group, users: [...group.users, user] });
    }
  }
  return [...groups.values()].map((group) => ({ ...group, kind: 'snapshots', user: undefined }));
}

/** Frozen, or not any more, and put off: by somebody else, as far as the cockpit's own steps tell. */
function freezes({ fleet, since, seen, ours }: HappenedFacts, runs: readonly Run[]): Happening[] {
  const freeze = valueOf(fleet.freeze);
  const froze = ours.some(({ kind }) => kind === 'freeze');
  const deferred = fleet.instances.flatMap(({ user, unitName, deferral }): Happening[] => {
    const owed = valueOf(deferral);
    if (owed === undefined || owed.since < since) return [];
    if (operationsOf(ours).some((span) => within(owed.since, span))) return [];
    const by = runs.find(
      (run) =>
        within(owed.since, run) &&
        run.lines.some((text) => {
          const line = parseEnforcerLine(text);
          return line?.kind === 'deferring' && line.unit === unitName;
        }),
    );
    return [{ kind: 'deferred', job: by?.job, user, at: owed.since, version: owed.version }];
  });
  if (freeze?.frozen === true && freeze.since >= since && !freeze.reason.startsWith('t3-cockpit:')) {
    const ourOwn = ours.some((span) => span.kind === 'freeze' && within(freeze.since, span));
    return ourOwn
      ? deferred
      : [...deferred, { ...nobody, kind: 'frozen', at: freeze.since, reason: freeze.reason }];
  }
  if (freeze?.frozen === false && seen?.frozen === true && !froze)
    return [...deferred, { ...nobody, kind: 'thawed', at: undefined }];
  return deferred;
}

/** From the first to the last of the steps of each operation that disrupts. */
function operationsOf(ours: readonly Ours[]): { from: number; to: number }[] {
  const numbers = new Set(ours.filter(({ disrupts }) => disrupts).map(({ operation }) => operation));
  return [...numbers].map((number) => {
    const own = ours.filter(({ operation }) => operation === number);
    return {
      from: Math.min(...own.map(({ from }) => from)),
      to: Math.max(...own.map(({ to }) => to ?? Number.POSITIVE_INFINITY)),
    };
  });
}

/** Steps by which the cockpit moves the versions of a host. */
const moves = new Set(['install', 'enforce', 'launcher', 'choose', 'pin']);

/** Versions that are others than they were, without a step of ours that could have done it. */
function versions({ fleet, seen, ours }: HappenedFacts, runs: readonly Run[]): Happening[] {
  if (seen === undefined || ours.some(({ kind }) => moves.has(kind))) return [];
  const now = seenOf(fleet);
  const found: Happening[] = [];
  if (seen.installed !== null && now.installed !== null && seen.installed !== now.installed) {
    const to = now.installed;
    const run = runs.findLast((each) => !each.failed && each.lines.some((line) => line.includes(to)));
    found.push({
      kind: 'installed',
      at: run?.from,
      job: run?.job,
      user: undefined,
      from: seen.installed,
      to,
    });
  }
  if (seen.pinned !== null && now.pinned !== null && seen.pinned !== now.pinned)
    found.push({ ...nobody, kind: 'pinned', at: undefined, from: seen.pinned, to: now.pinned });
  for (const [user, to] of Object.entries(now.running)) {
    const from = seen.running[user];
    const told = ours.some((span) => span.user === user && (span.kind === 'start' || span.kind === 'moved'));
    if (from !== undefined && from !== to && !told)
      found.push({ kind: 'runs', job: undefined, user, at: undefined, from, to });
  }
  return found;
}
