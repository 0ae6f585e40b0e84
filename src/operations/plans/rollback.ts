import path from 'node:path';
import { expand } from '../../config/expand.ts';
import type { Config } from '../../config/schema.ts';
import { noDatabase } from '../../fleet/collect/state.ts';
import { startsAs, type Fleet, type Instance } from '../../fleet/fleet.ts';
import { valueOf } from '../../fleet/observation.ts';
import { schemaLevel, type Migration } from '../../t3/state-database.ts';
import { placesOf } from '../../t3/launcher.ts';
import { chosenInstances } from './choice.ts';
import { Refused, UsageProblem } from '../errors.ts';
import { holdOf, settleOf, type Naming } from './lane.ts';
import type { Moves } from './moved-versions.ts';
import { whenOf, type Overview } from '../overview.ts';
import type { Plan, Request, Step } from '../plan.ts';
import type { LiveWork } from './restore.ts';
import { bytesOf } from './prebump.ts';
import { lossWords, notesOf } from './rollback-notes.ts';
import { targetOf, versionOf, type Target } from './rollback-target.ts';
import { returningOf, returnSteps, type Returning } from './rollback-user.ts';
import { pinSteps, staying } from './switch.ts';
import { planVerifySnapshot } from './verify-snapshots.ts';

type Lane = Plan['lanes'][number];

/** What planning a rollback needs to know beyond the fleet. */
export interface RollbackFacts {
  moves: Moves;
  /** The schema that a version was seen to make. */
  schemaOf: (version: string) => Migration | undefined;
  /** How much work each user's live database holds. */
  live: ReadonlyMap<string, LiveWork>;
  /** Bytes that are free where snapshots go; undefined where that cannot be told. */
  free: number | undefined;
  administrator: string;
  /** Theirs, below which the pin files lie. */
  home: string;
}

/**
 * Plan to take everybody back, days after a bump: pins and binary first, for an old t3 on a new schema only fails, and a
 * new one on an old schema migrates it; then one user after the other (guarantee 5). Until their turn each is held on the
 * version that knows their database. Who has been migrated is read from the databases.
 *
 * @throws UsageProblem, Refused
 */
export function planRollback(
  fleet: Fleet,
  config: Config,
  request: Extract<Request, { kind: 'rollback' }>,
  naming: Naming,
  facts: RollbackFacts,
): Plan {
  const target = targetOf(fleet, request, facts.moves);
  const version = versionOf(target, facts);
  const named = chosenInstances(fleet, request.users);
  const concerned = target.some ? named : fleet.instances;
  const all = concerned.flatMap((instance) => returningOf(fleet, config, instance, version, naming) ?? []);
  // With the launcher somebody may have a version that this is not about: newer ones of their own.
  const apart = target.some ? [] : all.filter((each) => hasAnother(fleet, each, target));
  const users = all.filter((each) => !apart.includes(each) && each.what !== 'nothing').toSorted(byRisk);
  requireWayBack(users, named, target);
  const host = target.some ? [] : hostSteps(fleet, config, request, naming, { target, facts });
  if (users.length === 0 && host.length === 0)
    throw new UsageProblem(`everybody has ${target.version} already, ${target.because}`);
  const held = users.flatMap((each) => holdUntilTurn(fleet, config, each, target.version));
  const frozen = freezeSteps(fleet, config, target);
  const lanes: Lane[] = [
    ...users.flatMap(({ user, what, source }): Lane[] =>
      what === 'database' && source !== undefined
        ? [{ user, phase: 'save', steps: [planVerifySnapshot(source, config, undefined)] }]
        : [],
    ),
    {
      user: null,
      phase: 'switch',
      steps: [...held, ...(host.length === 0 ? [] : [...frozen, ...host])],
    },
    ...users.map((each): Lane => ({
      user: each.user,
      phase: 'users',
      steps: returnSteps(fleet, config, each, version, naming),
    })),
    ...all
      .filter((each) => !apart.includes(each) && (each.what !== 'nothing' || isOwedAnother(each, target)))
      .map((each): Lane => ({
        user: each.user,
        phase: 'close',
        steps: [settleOf(each.ground, expand(config.paths.deferral, { user: each.user }))],
      })),
    ...(host.length === 0 ? [] : [markLane(config, target.version)]),
  ];
  return {
    kind: 'rollback',
    lanes: lanes.filter(({ steps }) => steps.length > 0),
    leftOut: [
      ...concerned.filter(hasNone).map(({ user }) => ({ user, reason: noDatabase, harmless: true })),
      ...apart.map(({ user }) => ({
        user,
        reason: `has ${startsAs(fleet, user)} of their own: t3-cockpit rollback ${user}`,
        harmless: true,
      })),
    ],
    parallel: config.snapshots.parallel,
    overview: overviewOf(users, config, target, facts),
    notes: notesOf({ users, all, target, facts, freezes: host.length > 0 && frozen.length > 0 }),
    consent: {
      word: target.version,
      because: [
        target.some
          ? `the servers of ${users.map(({ user }) => user).join(', ')} go back to ${target.version}; nobody else’s`
          : `every server goes back from ${target.installed} to ${target.version}, one after the other`,
        ...givenUp(users),
      ],
      interrupts: false,
    },
  };
}

/** What is there is kept, and the chosen snapshot is copied beside it. */
function overviewOf(
  users: readonly Returning[],
  { paths }: Config,
  { version }: Target,
  facts: RollbackFacts,
): Overview {
  return {
    users: users.map(({ user, ground, instance, what, source, schema, off, later }) => ({
      user,
      from: ground.version ?? null,
      to: version,
      schema: {
        from: schema?.id ?? null,
        to:
          what === 'database'
            ? (schemaLevel(source?.record?.migrations ?? [])?.id ?? null)
            : (schema?.id ?? null),
      },
      bytes: bytesOf(instance),
      when: whenOf({ off, later }),
      why: later ?? null,
      givesUp: what === 'database' ? lossWords(source?.record?.work, facts.live.get(user)) : null,
    })),
    space: {
      folder: path.dirname(expand(paths.backups, { user: 'any' })),
      bytes: users.reduce(
        (sum, { instance, what }) => sum + (what === 'database' ? bytesOf(instance) : 0),
        0,
      ),
      free: facts.free ?? null,
    },
  };
}

const hasNone = ({ size, unit }: Instance) =>
  size.kind === 'unknown' && size.reason === noDatabase && valueOf(unit)?.mainPid === undefined;

/** Somebody’s own version is neither what is taken back nor what it is taken back to. */
function hasAnother(fleet: Fleet, { user, what }: Returning, { installed, version }: Target): boolean {
  if (valueOf(fleet.launcher)?.kind !== 'whole' || what === 'nothing') return false;
  const has = startsAs(fleet, user);
  return has !== installed && has !== version;
}

/** The least risky first: whoever is idle longest, and runs, so that it shows whether it works. */
const byRisk = (a: Returning, b: Returning) =>
  Number(a.later !== undefined) - Number(b.later !== undefined) ||
  Number(a.off) - Number(b.off) ||
  (valueOf(a.instance.state)?.lastActivity ?? 0) - (valueOf(b.instance.state)?.lastActivity ?? 0);

/** No verified source, no rollback; and who is not named keeps their database, or cannot stay. @throws Refused */
function requireWayBack(users: readonly Returning[], named: readonly Instance[], target: Target): void {
  const gives = users.filter(({ what }) => what === 'database');
  const lacking = gives.filter(({ source }) => source === undefined);
  if (lacking.length > 0)
    throw new Refused(
      `no verified snapshot that ${target.version} knows: ${lacking.map(schemaWords).join(', ')}; without one there is no way back for them (t3-cockpit snapshots)`,
    );
  const stranded = gives.filter(({ user }) => !named.some((each) => each.user === user));
  if (stranded.length > 0)
    throw new Refused(
      `${stranded.map(schemaWords).join(', ')} cannot stay: ${target.version} does not know that schema, and without the launcher all have one version. Name them as well, or nobody`,
    );
}

const schemaWords = ({ user, schema }: Returning) =>
  `${user} (schema ${schema === undefined ? 'unknown' : schema.id})`;

function givenUp(users: readonly Returning[]): string[] {
  const names = users.filter(({ what }) => what === 'database').map(({ user }) => user);
  return names.length === 0
    ? []
    : [
        `the state databases of ${names.join(', ')} are replaced by those from before; what is there now is kept (prerestore)`,
      ];
}

const isOwedAnother = ({ instance }: Returning, { version }: Target) => {
  const owed = valueOf(instance.deferral);
  return owed !== undefined && owed.version !== version;
};

/** Without the launcher: whatever starts their server until their turn, it is the version that knows their database. */
function holdUntilTurn(
  fleet: Fleet,
  config: Config,
  { user, ground, knows }: Returning,
  version: string,
): Step[] {
  return valueOf(fleet.launcher)?.kind === 'whole' || knows === undefined || knows === version
    ? []
    : [holdOf(config, { user, unit: ground.unit, version: knows }, false)];
}

/** Nothing of the host's own moves a version, or restarts whom a rollback is owed, until somebody has looked at it. */
function freezeSteps(fleet: Fleet, config: Config, { installed, version }: Target): Step[] {
  if (valueOf(fleet.freeze)?.frozen === true) return [];
  const reason = `t3-cockpit: taken back from ${installed} to ${version}`;
  return [
    { kind: 'freeze', id: 'freeze', title: 'freeze versions', user: null, file: config.paths.freeze, reason },
  ];
}

/** Pins, then the binary. Nothing where they are what they should be. */
function hostSteps(
  fleet: Fleet,
  config: Config,
  { whateverPinned }: { whateverPinned: boolean },
  { tail }: Naming,
  { target, facts }: { target: Target; facts: RollbackFacts },
): Step[] {
  const { installed: from, version: to } = target;
  const { administrator, home } = facts;
  const pins = pinSteps(fleet, config, { whateverPinned }, { to, administrator, home, back: true });
  const { versionBinary } = config.paths;
  const binary = valueOf(fleet.launcher)?.kind === 'whole' ? placesOf(config).everybody : config.paths.binary;
  return [
    ...(from === to ? [] : staying(fleet, config, { from })),
    ...pins.filter((step) => step.kind !== 'pin' || step.from !== to),
    ...(from === to
      ? []
      : [
          {
            kind: 'install' as const,
            id: 'install',
            title: `install ${to} again, for everybody`,
            user: null,
            from,
            to,
            binary,
            target: expand(versionBinary, { version: to }),
            keep: expand(versionBinary, { version: from }),
            aside: `${binary}.t3-cockpit-${tail}`,
            integrity: null,
            allowDowngrade: true,
            back: true,
          },
        ]),
  ];
}

function markLane({ paths }: Config, version: string): Lane {
  const { lastGood } = paths;
  const title = 'tell the host’s scripts';
  return {
    user: null,
    phase: 'close',
    steps: [{ kind: 'mark', id: 'mark', title, user: null, lastGood, version }],
  };
}
