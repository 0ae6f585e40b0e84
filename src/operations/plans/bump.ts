import path from 'node:path';
import semver from 'semver';
import { expand } from '../../config/expand.ts';
import type { Config } from '../../config/schema.ts';
import { noDatabase } from '../../fleet/collect/state.ts';
import { startsAs, type Fleet, type Instance } from '../../fleet/fleet.ts';
import { valueOf } from '../../fleet/observation.ts';
import { knownLevel } from '../../t3/levels.ts';
import { isDown, isOff } from '../../t3/off.ts';
import { schemaLevel, type Migration } from '../../t3/state-database.ts';
import type { Candidate, NoCandidate } from '../../t3/packages.ts';
import { planSnapshot } from './backup.ts';
import { bumpNotes } from './bump-notes.ts';
import { chosenInstances, whyUnknown } from './choice.ts';
import { Refused } from '../errors.ts';
import { busyWith } from '../guards/busy.ts';
import { enforceOf, enforcerNotes, keepingLane, movedOf, requireEnforcer, strategyOf } from './enforcer.ts';
import { groundOf, hostingReason, settleOf, type Ground, type Naming } from './lane.ts';
import { moveSteps } from './move.ts';
import { whenOf, type Overview } from '../overview.ts';
import { bytesOf } from './prebump.ts';
import type { Plan, Request, SnapshotStep, Step } from '../plan.ts';
import { planPreflight, type CandidateFacts } from './preflight.ts';
import { meanwhileFrozen, switchLane } from './switch.ts';
import type { GateVerdict } from './verdicts.ts';

type Lane = Plan['lanes'][number];

/** What planning a bump needs to know beyond the fleet. */
export interface BumpFacts extends CandidateFacts {
  /** The administrator’s home, below which the pin files lie. */
  home: string;
  /** A verdict on these bits that still holds, if there is one. */
  verdict: GateVerdict | undefined;
  /** What the package source says of the version that is installed, where the host's own script is to replace it. */
  current?: Candidate | NoCandidate;
  /** What stands in the way of moving the pins, as far as can be seen before anything is done. */
  pinObstacle: string | undefined;
  /** Bytes that are free where snapshots go; undefined where that cannot be told. */
  free: number | undefined;
}

/**
 * Plan to bring a version to everybody: judge it, save everybody's work, move pins and binary, then one user after the
 * other, each with a copy of the last moment to go back to and verified before the next.
 *
 * @throws UsageProblem, Refused
 */
export function planBump(
  fleet: Fleet,
  config: Config,
  request: Extract<Request, { kind: 'bump' }>,
  naming: Naming,
  facts: BumpFacts,
): Plan {
  const { candidate, verdict } = facts;
  // It refuses what cannot be judged, too.
  const judged = planPreflight(fleet, config, naming, facts);
  if ('problem' in candidate) throw new Refused(candidate.problem);
  const from = valueOf(fleet.installed) ?? '';
  const to = candidate.version;
  if (semver.lt(to, from) && !request.allowDowngrade)
    throw new Refused(
      `${to} is older than ${from}, which is installed, and databases do not migrate back: --allow-downgrade, if that is what you want`,
    );
  requireThawed(fleet);
  const enforced = strategyOf(request, config) === 'enforcer';
  if (enforced) requireEnforcer(fleet, config, request, { from, to });
  if (facts.pinObstacle !== undefined && request.users === undefined) throw new Refused(facts.pinObstacle);
  const chosen = chosenOf(fleet, config, request);
  const already = chosen.filter(({ user }) => {
    const own = valueOf(fleet.launcher)?.kind === 'whole' ? startsAs(fleet, user) : undefined;
    return own !== undefined && semver.gte(own, to) && !(own === from && request.allowDowngrade);
  });
  const users = chosen
    .filter((instance) => !already.includes(instance))
    .flatMap((instance) => userOf(instance, fleet, config, naming))
    .toSorted((a, b) => a.risk - b.risk || a.idleSince - b.idleSince);
  const lanes: Lane[] = [
    ...(verdict === undefined
      ? [{ user: null, phase: 'judge' as const, steps: judged.lanes[0]?.steps ?? [] }]
      : []),
    ...(enforced ? [keepingLane(config, facts.current, naming)] : []),
    ...users.map(({ snapshot }) => ({ user: snapshot.user, phase: 'save' as const, steps: [snapshot] })),
    switchLane(fleet, config, request, naming, {
      ...facts,
      from,
      candidate,
      ...(enforced
        ? {
            enforce: enforceOf(
              config,
              { from, to },
              users.map(({ ground }) => ground),
            ),
          }
        : {}),
    }),
    ...users.map((user) => laneOf(user, config, { to, schema: verdict?.schema ?? null, enforced }, naming)),
    // Of a version that only some have, nobody is told that it is good.
    ...(request.users === undefined ? closing(config, to, enforced) : []),
  ];
  return {
    kind: 'bump',
    lanes: lanes.filter(({ steps }) => steps.length > 0),
    leftOut: [
      ...chosen.flatMap(leftOut),
      ...already.map(({ user }) => ({
        user,
        reason: `has ${startsAs(fleet, user)} already`,
        harmless: true,
      })),
    ],
    parallel: config.snapshots.parallel,
    overview: overviewOf(users, config, to, facts),
    notes: [
      ...(enforced ? enforcerNotes(config, { from, to }) : []),
      ...bumpNotes(users, {
        to,
        verdict,
        soak: config.bump.soak,
        some: request.users !== undefined,
        enforced,
      }),
    ],
    consent: {
      word: to,
      because: [
        request.users === undefined
          ? `every server is moved from ${from} to ${to}, one after the other`
          : `the servers of ${request.users.join(', ')} are moved to ${to}; nobody else’s`,
        'databases that it migrates do not migrate back: only a copy from before does',
      ],
      interrupts: false,
    },
  };
}

/** A copy before anything is moved, and one of the last moment. */
const copiesOfEach = 2;

function overviewOf(
  users: readonly BumpUser[],
  { paths }: Config,
  to: string,
  { verdict, free }: BumpFacts,
): Overview {
  const made = verdict?.schema.id ?? knownLevel(to) ?? null;
  return {
    users: users.map(({ ground: { user }, from, instance, schema, off, later }) => ({
      user,
      from: from === '' ? null : from,
      to,
      schema: { from: schema.id, to: off ? schema.id : made },
      bytes: bytesOf(instance),
      when: whenOf({ off, later }),
      why: later ?? null,
      givesUp: null,
    })),
    space: {
      folder: path.dirname(expand(paths.backups, { user: 'any' })),
      bytes: users.reduce((sum, { instance }) => sum + copiesOfEach * bytesOf(instance), 0),
      free: free ?? null,
    },
  };
}

/** Each by itself: versions must not stay frozen because the scripts could not be told. */
function closing(config: Config, version: string, enforced: boolean): Lane[] {
  const { lastGood } = config.paths;
  const title = 'tell the host’s scripts';
  const steps: Step[] = [
    { kind: 'mark', id: 'mark', title, user: null, lastGood, version },
    ...(enforced ? [] : [meanwhileFrozen(config, null)]),
  ];
  return steps.map((step) => ({ user: null, phase: 'close', steps: [step] }));
}

/** @throws UsageProblem, Refused where some are named and users cannot differ on this host */
function chosenOf(
  fleet: Fleet,
  { paths }: Config,
  { users, version }: Extract<Request, { kind: 'bump' }>,
): readonly Instance[] {
  const launcher = valueOf(fleet.launcher);
  if (launcher === undefined)
    throw new Refused(
      `cannot tell whether users have versions of their own: ${whyUnknown(fleet.launcher, 'not looked at')}`,
    );
  if (launcher.kind === 'replaced')
    throw new Refused(
      `the launcher was here, and ${paths.binary} is something else now: t3-cockpit launcher install puts it back`,
    );
  if (users === undefined) return fleet.instances;
  if (launcher.kind === 'none')
    throw new Refused(
      `without the launcher all users have one version: t3-cockpit launcher install, or t3-cockpit bump ${version} for everybody`,
    );
  return chosenInstances(fleet, users);
}

function requireThawed({ freeze }: Fleet): void {
  const frozen = valueOf(freeze);
  if (frozen === undefined)
    throw new Refused(`cannot tell whether versions are frozen: ${whyUnknown(freeze, 'not looked at')}`);
  if (frozen.frozen)
    throw new Refused(`versions are frozen: ${frozen.reason}; to change that: t3-cockpit unfreeze`);
}

/** One user of a bump, and what is known of them. */
export interface BumpUser {
  ground: Ground;
  /** The version that they have. */
  from: string;
  /** It is their own, by the launcher. */
  own: boolean;
  instance: Instance;
  snapshot: SnapshotStep;
  schema: Migration;
  /** Meant to be off: it is left so, and migrates when somebody starts it. */
  off: boolean;
  /** Why it will not be restarted now, as far as can be seen. */
  later: string | undefined;
  /** The least risky ones go first. */
  risk: number;
  idleSince: number;
}

const hasNone = ({ size, unit }: Instance) =>
  size.kind === 'unknown' && size.reason === noDatabase && valueOf(unit)?.mainPid === undefined;

function leftOut(instance: Instance): Plan['leftOut'] {
  return hasNone(instance) ? [{ user: instance.user, reason: noDatabase, harmless: true }] : [];
}

/** @throws Refused where something has to be known that is not: no verified snapshot of everybody, no bump */
function userOf(instance: Instance, fleet: Fleet, config: Config, naming: Naming): BumpUser[] {
  const { user } = instance;
  const from = startsAs(fleet, user) ?? '';
  const own = valueOf(fleet.launcher)?.kind === 'whole';
  if (hasNone(instance)) return [];
  const ground = groundOf(instance, config, naming);
  if ('reason' in ground) throw new Refused(`${user}: ${ground.reason}`);
  const snapshot = planSnapshot(instance, config, 'manual', naming.now, naming.tail);
  if ('reason' in snapshot) throw new Refused(`no verified snapshot of ${user}, no bump: ${snapshot.reason}`);
  const state = valueOf(instance.state);
  const schema = schemaLevel(state?.migrations ?? []);
  if (state === undefined || schema === undefined)
    throw new Refused(`${user}: ${whyUnknown(instance.state, 'the database was not read')}`);
  const unit = valueOf(instance.unit);
  if (unit !== undefined && isDown(unit))
    throw new Refused(
      `${user}: ${unit.name} does not stay up (${unit.result}), and everybody would be taken back for it. Mend it (t3-cockpit logs ${user}), or leave it off: systemctl stop ${unit.name} && systemctl reset-failed ${unit.name}`,
    );
  if (unit?.mainPid !== undefined && ground.version !== from)
    throw new Refused(
      `${user} runs ${ground.version ?? 'nothing that answers'}, not ${from}, which is ${own ? 'theirs' : 'installed'}: drain, or restart ${user}, first`,
    );
  const others = Math.max(0, (unit?.tasks ?? 1) - 1);
  const busy = unit?.mainPid === undefined ? undefined : busyWith(state, others, config.busy, naming.now);
  const later = hostingReason(instance) ?? busy;
  return [
    {
      ground,
      from,
      own,
      instance,
      snapshot,
      schema,
      off: unit !== undefined && isOff(unit),
      later,
      risk: later === undefined ? 0 : 1,
      idleSince: state.lastActivity ?? 0,
    },
  ];
}

function laneOf(
  { ground, from, own, instance, schema, off }: BumpUser,
  config: Config,
  { to, schema: expected, enforced }: { to: string; schema: Migration | null; enforced: boolean },
  naming: Naming,
): Lane {
  const { user } = ground;
  const moving = { ground, instance, from, to, own, off, schema, expected };
  const how = { onFailure: 'take all back', keepStopped: true, back: false, owes: true } as const;
  const steps = moveSteps({ ...moving, ...how }, config, naming);
  return {
    user,
    phase: 'users',
    steps: [
      ...(enforced ? movedBySomebody(steps, { from, to }) : steps),
      settleOf(ground, expand(config.paths.deferral, { user })),
    ],
  };
}

/** What moves them is the host's own script: what is ours of it is to look, and the way back. */
function movedBySomebody(steps: readonly Step[], about: { from: string; to: string }): Step[] {
  const part = <Kind extends Step['kind']>(kind: Kind) =>
    steps.find((step): step is Extract<Step, { kind: Kind }> => step.kind === kind);
  const [stop, copy, start] = [part('stop'), part('cold-copy'), part('start')];
  if (stop === undefined || copy === undefined || start === undefined) return [...steps];
  const own = new Set<Step>([stop, copy, start]);
  return [movedOf({ ...about, stop, copy, start }), ...steps.filter((step) => !own.has(step))];
}
