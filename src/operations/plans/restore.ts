import prettyBytes from 'pretty-bytes';
import type { Config } from '../../config/schema.ts';
import { noDatabase } from '../../fleet/collect/state.ts';
import { startsAs, type Fleet, type Instance } from '../../fleet/fleet.ts';
import { valueOf } from '../../fleet/observation.ts';
import type { CatalogEntry } from '../../snapshots/catalog.ts';
import { notIncluded } from '../../snapshots/manifest.ts';
import { formatName } from '../../snapshots/names.ts';
import { knownLevel, schemaAhead } from '../../t3/levels.ts';
import { isOff } from '../../t3/off.ts';
import { schemaLevel, type Work } from '../../t3/state-database.ts';
import { chosenInstances, whyUnknown } from './choice.ts';
import { Refused, UsageProblem } from '../errors.ts';
import { busyWith } from '../guards/busy.ts';
import { judgeSchema } from '../guards/schema.ts';
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
import { chooseSnapshot } from './snapshot-choice.ts';
import type { Plan, ReplaceStep, Request, StageStep, Step } from '../plan.ts';

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
  const version = startsAs(fleet, user);
  const seen = seenLevel(fleet, version);
  const schema = schemaNote(version, entry, seen);
  const unit = valueOf(instance.unit);
  const stays = unit?.startup === 'disabled' && isOff(unit);
  const steps: Step[] = [
    stageOf(ground, entry, seen),
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
  if (busy === undefined) return undefined;
  return state.inFlight > 0
    ? `turn in flight: ${state.inFlight === 1 ? 'it' : `all ${state.inFlight}`} will be cut off`
    : `turn in flight? ${busy}: what is done by then is in the prerestore snapshot, what is under way is cut off`;
}

/** The highest schema on which a version runs somewhere here, and nobody has migrated it under its feet. */
function seenLevel(fleet: Fleet, version: string | undefined): StageStep['seen'] {
  if (version === undefined) return null;
  const levels = fleet.instances.flatMap(({ liveness, state, unit }) => {
    const facts = valueOf(state);
    if (facts === undefined || valueOf(liveness)?.version !== version) return [];
    const ahead = schemaAhead(version, facts.migrations, facts.migratedAt, valueOf(unit)?.since);
    const level = schemaLevel(facts.migrations);
    return ahead !== undefined || level === undefined ? [] : [level.id];
  });
  return levels.length === 0 ? null : { version, level: Math.max(...levels) };
}

function schemaNote(installed: string | undefined, entry: CatalogEntry, seen: StageStep['seen']): string[] {
  const level = schemaLevel(entry.record?.migrations ?? []);
  if (level === undefined || installed === undefined) return [];
  const verdict = judgeSchema(level, installed, { version: entry.version ?? null, seen });
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
    ].flatMap(([what, at]) =>
      at == null ? [] : [`${what}: ${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`],
    ),
  ];
}

export function stageOf(ground: Ground, entry: CatalogEntry, seen: StageStep['seen']): StageStep {
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
    seen,
  };
}

export function replaceOf(ground: Ground, instance: Instance, { now, tail }: Naming): ReplaceStep {
  const { user, unit, live, home, base, backups, folder, version } = ground;
  const size = valueOf(instance.size);
  const name = (at: number) => formatName({ kind: 'prerestore', version, takenAt: at }, tail);
  return {
    kind: 'replace',
    id: `${user}/replace`,
    title: 'keep what is there, and replace it',
    user,
    unit,
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
