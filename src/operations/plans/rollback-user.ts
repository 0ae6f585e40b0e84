import { expand } from '../../config/expand.ts';
import type { Config } from '../../config/schema.ts';
import { noDatabase } from '../../fleet/collect/state.ts';
import { startsAs, type Fleet, type Instance } from '../../fleet/fleet.ts';
import { valueOf } from '../../fleet/observation.ts';
import { fromTheFuture, type CatalogEntry } from '../../snapshots/catalog.ts';
import { schemaAhead } from '../../t3/levels.ts';
import { isOff } from '../../t3/off.ts';
import { schemaLevel, type Migration } from '../../t3/state-database.ts';
import { Refused } from '../errors.ts';
import { busyWith } from '../guards/busy.ts';
import { judgeSchema } from '../guards/schema.ts';
import {
  checkOf,
  groundOf,
  hostingReason,
  proveOf,
  soakOf,
  startOf,
  stopOf,
  type Ground,
  type Naming,
} from './lane.ts';
import { chooseOf } from './launcher.ts';
import { moveSteps } from './move.ts';
import type { Step } from '../plan.ts';
import { replaceOf, stageOf } from './restore.ts';

/** One user's part in going back to a version. */
export interface Returning {
  user: string;
  ground: Ground;
  instance: Instance;
  /**
   * `database`: theirs is one that the version does not know, and the snapshot takes its place; `server`: theirs stays,
   * and the server is started as that version; `nothing`: both are as they should be.
   */
  what: 'database' | 'server' | 'nothing';
  /** What takes its place, where it does not stay; undefined where there is none. */
  source: CatalogEntry | undefined;
  /** The schema that there is now, where it could be read. */
  schema: Migration | undefined;
  /** The version that knows their database as it is, for as long as they are not back. */
  knows: string | undefined;
  off: boolean;
  /** Why it cannot be done now, as far as can be seen. */
  later: string | undefined;
}

/** What is known of the version that is gone back to. */
export interface Version {
  version: string;
  /** The schema that it was seen to make, where it was ever judged here. */
  schema: Migration | undefined;
  /** What they may have run until now, where their own server does not say: what is, or was, installed. */
  before: string | undefined;
}

/**
 * What has to become of one user: by their database as it is, not by what was done to it (guarantee 5).
 *
 * @returns undefined for whoever has no database. @throws Refused where something has to be known that is not
 */
export function returningOf(
  fleet: Fleet,
  config: Config,
  instance: Instance,
  { version, schema: made, before }: Version,
  naming: Naming,
): Returning | undefined {
  const { user, size } = instance;
  const unit = valueOf(instance.unit);
  if (size.kind === 'unknown' && size.reason === noDatabase && unit?.mainPid === undefined) return undefined;
  const ground = groundOf(instance, config, naming);
  if ('reason' in ground) throw new Refused(`${user}: ${ground.reason}`);
  const state = valueOf(instance.state);
  const schema = schemaLevel(state?.migrations ?? []);
  const running = ground.version;
  const off = unit !== undefined && isOff(unit);
  const ahead =
    running === undefined || state === undefined
      ? undefined
      : schemaAhead(running, state.migrations, state.migratedAt, unit?.since);
  // Whoever runs it, and has not been migrated under its feet, shows that it can.
  const evidence = running === version && ahead === undefined ? version : undefined;
  const known = schema !== undefined && knows(version, made, schema, evidence);
  const has = valueOf(fleet.launcher)?.kind === 'whole' ? startsAs(fleet, user) : version;
  const there = known && (off || running === version) && has === version;
  const others = Math.max(0, (unit?.tasks ?? 1) - 1);
  const busy =
    unit?.mainPid === undefined
      ? undefined
      : state === undefined
        ? 'whether they are busy cannot be told'
        : busyWith(state, others, config.busy, naming.now);
  return {
    user,
    ground,
    instance,
    what: there ? 'nothing' : known ? 'server' : 'database',
    source: known ? undefined : sourceOf(instance, version, made, naming.now),
    schema,
    knows: running !== undefined && running !== version ? running : before,
    off,
    later: hostingReason(instance) ?? busy,
  };
}

/** Does a version know a database of this schema? */
function knows(
  version: string,
  made: Migration | undefined,
  schema: Migration,
  evidence: string | undefined,
): boolean {
  if (made !== undefined) return schema.id < made.id || (schema.id === made.id && schema.name === made.name);
  return judgeSchema(schema, version, { version: evidence ?? null, seen: null }).holds;
}

/**
 * The newest verified snapshot that the version knows: what was lost since is the least. What a restore has replaced was
 * given up by somebody, and is not brought back unasked.
 */
function sourceOf(
  { snapshots }: Instance,
  version: string,
  made: Migration | undefined,
  now: number,
): CatalogEntry | undefined {
  return valueOf(snapshots)?.find((entry) => {
    const level = schemaLevel(entry.record?.migrations ?? []);
    return (
      entry.standing === 'verified' &&
      entry.kind !== 'prerestore' &&
      !fromTheFuture(entry, now) &&
      level !== undefined &&
      knows(version, made, level, entry.version)
    );
  });
}

/**
 * The steps of somebody who goes back: with the database from before, or with the one that they have. What is left beside
 * it is tidied up when everybody is back (`settleOf`): until then there is a way back from the way back.
 */
export function returnSteps(
  fleet: Fleet,
  config: Config,
  { user, ground, instance, what, source, schema, knows: held, off }: Returning,
  { version, schema: made }: Version,
  naming: Naming,
): Step[] {
  const own = valueOf(fleet.launcher)?.kind === 'whole';
  const from = (own ? startsAs(fleet, user) : held) ?? version;
  const heldOn =
    own || held === undefined ? undefined : expand(config.paths.versionBinary, { version: held });
  if (what === 'server' && schema !== undefined) {
    const moving = { ground, instance, from, to: version, own, off, schema, heldOn };
    const expected = made ?? 'unforeseen';
    const how = { onFailure: 'lead back', keepStopped: false, back: true, owes: false } as const;
    return moveSteps({ ...moving, expected, ...how }, config, naming);
  }
  if (source === undefined) throw new Refused(`${user}: there is no snapshot to go back to`);
  const taken = schemaLevel(source.record?.migrations ?? []);
  // The two were a pair when it was taken; of another version it may have to be migrated.
  const expected = source.version === version ? taken : made;
  return [
    stageOf(ground, source, made === undefined ? null : { version, level: made.id }),
    stopOf(ground, { exclusive: true }),
    // After a reboot it runs as another version than its database is of.
    replaceOf({ ...ground, version: held ?? ground.version }, instance, naming),
    ...(own ? [chooseOf(config, { user, from, to: version, back: true }, `${user}/choose`)] : []),
    { ...startOf(ground, off), guarded: true, ...(heldOn === undefined ? {} : { heldOn }) },
    checkOf(ground, version, expected ?? 'unforeseen'),
    ...(off ? [] : [proveOf(ground, 'lead back')]),
    soakOf(ground, version, config.bump.soak),
  ];
}
