import semver from 'semver';
import { expand } from '../../config/expand.ts';
import type { Config } from '../../config/schema.ts';
import { startsAs, type Fleet, type Instance } from '../../fleet/fleet.ts';
import { valueOf } from '../../fleet/observation.ts';
import { schemaLevel } from '../../t3/state-database.ts';
import { planSnapshot } from './backup.ts';
import { chosenInstances, whyUnknown } from './choice.ts';
import { Refused } from '../errors.ts';
import { busyWith } from '../guards/busy.ts';
import {
  groundOf,
  holdOf,
  hostingReason,
  proveOf,
  settleOf,
  startOf,
  stopOf,
  type Ground,
  type Naming,
} from './lane.ts';
import { moveSteps } from './move.ts';
import type { Plan, Request, Step } from '../plan.ts';
import type { RollbackFacts } from './rollback.ts';

/** Plan to restart the servers of those named, each after a snapshot. @throws UsageProblem, Refused */
export function planRestart(
  fleet: Fleet,
  config: Config,
  request: Extract<Request, { kind: 'restart' }>,
  naming: Naming,
  facts: Pick<RollbackFacts, 'schemaOf'>,
): Plan {
  const lanes: Plan['lanes'] = [];
  const notes: string[] = [];
  for (const instance of chosenInstances(fleet, request.users)) {
    const lane = restartLane(fleet, config, instance, naming, facts);
    if ('reason' in lane) throw new Refused(`${instance.user}: ${lane.reason}`);
    lanes.push(lane);
    notes.push(...restartNotes(fleet, config, instance, naming.now));
  }
  return { kind: 'restart', lanes, leftOut: [], parallel: 1, notes };
}

const hasOwn = ({ launcher }: Fleet) => valueOf(launcher)?.kind === 'whole';

/**
 * The restart of one server. One that comes back as another version is moved, with all that a bump does for one user: a
 * copy of the last moment, version and schema, the handshake by every route, a while of watching, and the way back.
 *
 * @param owed The version that was put off, where it was.
 */
export function restartLane(
  fleet: Fleet,
  config: Config,
  instance: Instance,
  naming: Naming,
  facts: Pick<RollbackFacts, 'schemaOf'>,
  owed?: string,
): Plan['lanes'][number] | { reason: string; harmless: boolean } {
  const { user } = instance;
  const ground = groundOf(instance, config, naming);
  if ('reason' in ground) return ground;
  const hosts = hostingReason(instance);
  if (hosts !== undefined) return { reason: hosts, harmless: true };
  const file = expand(config.paths.deferral, { user });
  const starts = startsAs(fleet, user);
  const held = owed === undefined && valueOf(instance.unit)?.heldOn !== undefined;
  // Until its way back is done, it is started as what it is held on.
  const version = held ? ground.version : hasOwn(fleet) ? (owed ?? starts) : starts;
  const settle = settleOf(ground, held || valueOf(instance.deferral) === undefined ? null : file);
  if (version !== undefined && ground.version !== undefined && ground.version !== version) {
    if (semver.valid(ground.version) !== null && semver.gt(ground.version, version))
      return {
        reason: `it runs ${ground.version}, and would be started as ${version}, which may not know its database: t3-cockpit rollback takes it back`,
        harmless: false,
      };
    const moved = movedSteps(fleet, config, instance, naming, {
      ground,
      facts,
      from: ground.version,
      to: version,
    });
    if (moved !== undefined) return { user, steps: [...moved, settle] };
  }
  const snapshot = planSnapshot(instance, config, 'manual', naming.now, naming.tail);
  if ('reason' in snapshot) return snapshot;
  return {
    user,
    steps: [
      snapshot,
      stopOf(ground, { exclusive: false, deferral: version === undefined ? null : { file, version } }),
      startOf(ground, false),
      proveOf(ground, 'stay'),
      settle,
    ],
  };
}

/** @returns undefined where the database could not be read */
function movedSteps(
  fleet: Fleet,
  config: Config,
  instance: Instance,
  naming: Naming,
  {
    ground,
    facts,
    from,
    to,
  }: { ground: Ground; facts: Pick<RollbackFacts, 'schemaOf'>; from: string; to: string },
): Step[] | undefined {
  const schema = schemaLevel(valueOf(instance.state)?.migrations ?? []);
  if (schema === undefined) return undefined;
  const own = hasOwn(fleet);
  const { user, unit } = ground;
  const expected = facts.schemaOf(to) ?? 'unforeseen';
  const heldOn = own ? undefined : expand(config.paths.versionBinary, { version: from });
  return [
    // Should it not work for them, they go on with what they had, whatever starts their server.
    ...(own ? [] : [holdOf(config, { user, unit, version: from }, true)]),
    ...moveSteps(
      {
        ground,
        instance,
        from,
        to,
        own,
        off: false,
        schema,
        expected,
        heldOn,
        onFailure: 'lead back',
        keepStopped: false,
        back: false,
        owes: true,
      },
      config,
      naming,
    ),
  ];
}

/** Why somebody is busy now, or why that cannot be told. */
export function busyNow(instance: Instance, config: Config, now: number): string | undefined {
  const state = valueOf(instance.state);
  if (state === undefined)
    return `cannot tell whether they are busy: ${whyUnknown(instance.state, 'the database was not read')}`;
  const busy = busyWith(state, 1, config.busy, now);
  return busy === undefined ? undefined : `busy: ${busy}`;
}

/** What a restart changes beyond the process. */
export function restartNotes(
  fleet: Fleet,
  config: Config,
  instance: Instance,
  now: number,
  owed?: string,
): string[] {
  const { user } = instance;
  const running = valueOf(instance.liveness)?.version;
  const version = (hasOwn(fleet) ? owed : undefined) ?? startsAs(fleet, user);
  const busy = busyNow(instance, config, now);
  return [
    running !== undefined && version !== undefined && running !== version
      ? `${user}: runs ${running}, and comes back as ${version}, which may migrate the database; should it not work for them, they go back to ${running} with what they had`
      : `${user}: runs ${running ?? 'an unknown version'}, and is started as ${version ?? 'what is not known'}`,
    ...(busy === undefined
      ? []
      : [`${user}: ${busy}: as long as that is so, a restart is owed, and not done`]),
  ];
}
