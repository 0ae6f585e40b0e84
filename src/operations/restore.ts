import prettyBytes from 'pretty-bytes';
import type { Config } from '../config/schema.ts';
import { noDatabase } from '../fleet/collect/state.ts';
import type { Fleet, Instance } from '../fleet/fleet.ts';
import { valueOf } from '../fleet/observation.ts';
import { newestUsable, type CatalogEntry } from '../snapshots/catalog.ts';
import { notIncluded } from '../snapshots/manifest.ts';
import { formatName } from '../snapshots/names.ts';
import { knownLevel } from '../t3/levels.ts';
import { schemaLevel, type Work } from '../t3/state-database.ts';
import { chosenInstances, isCalled, noSuchSnapshot, whyUnknown } from './choice.ts';
import { Refused, UsageProblem } from './errors.ts';
import { busyWith } from './guards/busy.ts';
import { judgeSchema } from './guards/schema.ts';
import {
  groundOf,
  hostingReason,
  proveOf,
  settleOf,
  startOf,
  stopOf,
  type Ground,
  type Naming,
} from './lane.ts';
import type { Plan, ReplaceStep, Request, StageStep, Step } from './plan.ts';

/** How much work the live database holds, or why nobody can tell. */
export type LiveWork = Work | { problem: string };

/** What a replacement is planned with beyond the fleet. */
export interface Replacing {
  naming: Naming;
  live: LiveWork;
}

/**
 * Plan to put a snapshot in the place of a user's live database (guarantee 3). What would certainly be refused is refused
 * here already; the guards judge everything again.
 *
 * @throws UsageProblem, Refused
 */
export function planRestore(
  fleet: Fleet,
  config: Config,
  request: Extract<Request, { kind: 'restore' }>,
  replacing: Replacing,
): Plan {
  const [instance] = chosenInstances(fleet, [request.user]);
  if (instance === undefined) throw new UsageProblem(`no user ${request.user}`);
  const entry = chooseSnapshot(fleet, instance, request.snapshot, replacing.naming.now);
  return planReplacement(fleet, config, instance, entry, {
    ...replacing,
    kind: 'restore',
    interruptTurn: request.interruptTurn,
    unlessWorkSince: null,
  });
}

/** @throws UsageProblem for a name that nothing has; Refused for one that must not be restored. */
export function chooseSnapshot(fleet: Fleet, instance: Instance, name: string, now: number): CatalogEntry {
  const { user } = instance;
  const entries = valueOf(instance.snapshots);
  if (entries === undefined)
    throw new Refused(`${user}: ${whyUnknown(instance.snapshots, 'the backup folder was not looked at')}`);
  if (name === 'latest' || name === 'prebump') {
    const wanted = entries.filter(({ kind }) =>
      name === 'prebump' ? kind === 'prebump' : kind !== 'prerestore',
    );
    const { verified, any } = newestUsable(wanted, now);
    const found = verified ?? any;
    if (found === undefined)
      throw new Refused(
        `${user} has no ${name === 'prebump' ? 'prebump ' : ''}snapshot that can be relied on`,
      );
    return found;
  }
  const found = entries.find((entry) => isCalled(entry, name));
  if (found === undefined) {
    const others = fleet.instances.find((each) =>
      valueOf(each.snapshots)?.some((entry) => isCalled(entry, name)),
    );
    if (others !== undefined)
      throw new UsageProblem(`${name} is a snapshot of ${others.user}, not of ${user}`);
    throw noSuchSnapshot(name, entries, []);
  }
  const reason = whyNot(found);
  if (reason !== undefined) throw new Refused(`${found.file} cannot be restored: ${reason}`);
  return found;
}

/** Why this snapshot cannot be restored, as far as that shows without reading it. */
export function whyNot(entry: CatalogEntry): string | undefined {
  switch (entry.standing) {
    case 'verified':
    case 'unverified':
      return undefined;
    case 'changed':
      return 'the file is not the one that was verified';
    case 'damaged':
      return entry.record?.problem?.words ?? entry.record?.tried?.problem ?? 'it is damaged';
    case 'missing':
      return 'it is gone';
  }
}

export interface ReplacementOptions extends Replacing {
  kind: 'restore' | 'undo';
  interruptTurn: boolean;
  unlessWorkSince: Work | null;
}

export function planReplacement(
  fleet: Fleet,
  config: Config,
  instance: Instance,
  entry: CatalogEntry,
  options: ReplacementOptions,
): Plan {
  const { user } = instance;
  const ground = groundOf(instance, config, options.naming);
  if ('reason' in ground) throw new Refused(`${user}: ${ground.reason}`);
  const hosts = hostingReason(instance);
  if (hosts !== undefined) throw new Refused(`${user}’s server must not be stopped: ${hosts}`);
  if (instance.size.kind === 'unknown' && instance.size.reason !== noDatabase)
    throw new Refused(`${user}: ${instance.size.reason}`);
  const schema = schemaNote(fleet, entry);
  const stays =
    valueOf(instance.unit)?.startup === 'disabled' && valueOf(instance.unit)?.active === 'inactive';
  const steps: Step[] = [
    stageOf(ground, entry),
    stopOf(ground, {
      exclusive: true,
      interruptTurn: options.interruptTurn,
      unlessWorkSince: options.unlessWorkSince,
    }),
    replaceOf(ground, instance, options.naming),
    startOf(ground, stays),
    ...(stays ? [] : [proveOf(ground, 'go back')]),
    settleOf(ground, null),
  ];
  const turn = turnWords(instance, config, options.naming.now);
  return {
    kind: options.kind,
    lanes: [{ user, steps }],
    leftOut: [],
    parallel: 1,
    notes: [
      `${entry.file}: ${entry.kind}, ${prettyBytes(entry.bytes)}, t3 ${entry.version ?? 'unknown'}, ${entry.standing}`,
      ...againstLive(entry.record?.work, options.live),
      ...schema,
      ...(stays ? [`${ground.unit} is disabled and not running: it is left so`] : []),
      'what is there now is kept as a prerestore snapshot; to go back: t3-cockpit undo',
      `not included: ${notIncluded.join(', ')}`,
    ],
    consent: {
      word: user,
      because: [...(turn === undefined ? [] : [turn]), `the state database of ${user} is replaced`],
      interrupts: turn !== undefined,
    },
  };
}

/** What the stop may cut off, in words; undefined when nothing. */
function turnWords(instance: Instance, config: Config, now: number): string | undefined {
  const unit = valueOf(instance.unit);
  if (unit?.mainPid === undefined) return undefined;
  const state = valueOf(instance.state);
  if (state === undefined)
    return `turn in flight? It cannot be told: ${whyUnknown(instance.state, 'the database was not read')}`;
  const busy = busyWith(state, 1, config.busy, now);
  return busy === undefined ? undefined : `turn in flight: ${busy}; it will be cut off`;
}

function schemaNote(fleet: Fleet, entry: CatalogEntry): string[] {
  const level = schemaLevel(entry.record?.migrations ?? []);
  const installed = valueOf(fleet.installed);
  if (level === undefined || installed === undefined) return [];
  const verdict = judgeSchema(level, installed);
  if (!verdict.holds) throw new Refused(`${entry.file} cannot be restored: ${verdict.reason}`);
  const known = knownLevel(installed);
  return known !== undefined && level.id < known
    ? [`schema ${level.id}: t3 ${installed} migrates it to ${known} when it starts, one way`]
    : [];
}

const counted = ['projects', 'threads', 'messages', 'turns'] as const;

/** What the snapshot has more or fewer of than there is now. */
function againstLive(work: Work | undefined, live: LiveWork): string[] {
  if ('problem' in live) return [`against what is there now: cannot be told (${live.problem})`];
  if (work === undefined) return ['against what is there now: not known, the snapshot was never read'];
  const differences = counted
    .filter((what) => work[what] !== live[what])
    .map((what) => `${what} ${live[what]} → ${work[what]}`);
  return [
    `against what is there now: ${differences.length === 0 ? 'as many projects, threads, messages and turns' : differences.join(', ')}`,
    ...[
      ['newest work now', live.lastActivity] as const,
      ['newest work in the snapshot', work.lastActivity] as const,
    ].flatMap(([what, at]) => (at == null ? [] : [`${what}: ${new Date(at).toISOString()}`])),
  ];
}

function stageOf(ground: Ground, entry: CatalogEntry): StageStep {
  const { user, backups, live, home, base } = ground;
  return {
    kind: 'stage',
    id: `${user}/stage`,
    title: 'check the snapshot, and copy it beside the database',
    user,
    backups,
    folder: entry.folder,
    file: entry.file,
    bytes: entry.bytes,
    live,
    home,
    base,
    snapshotKind: entry.kind,
    takenAt: entry.takenAt,
    version: entry.version ?? null,
    sha256: entry.record?.sha256 ?? null,
  };
}

function replaceOf(ground: Ground, instance: Instance, { now, tail }: Naming): ReplaceStep {
  const { user, live, home, base, backups, folder, version } = ground;
  const size = valueOf(instance.size);
  const name = (at: number) => formatName({ kind: 'prerestore', version, takenAt: at }, tail);
  return {
    kind: 'replace',
    id: `${user}/replace`,
    title: 'keep what is there, and replace it',
    user,
    live,
    home,
    base,
    backups,
    folder,
    file: name(now),
    givenUp: name(now + 1000),
    takenAt: now,
    version: version ?? null,
    bytes: size === undefined ? 0 : size.database + size.wal,
  };
}
