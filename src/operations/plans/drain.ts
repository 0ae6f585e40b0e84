import semver from 'semver';
import { expand } from '../../config/expand.ts';
import type { Config } from '../../config/schema.ts';
import { startsAs, type Fleet, type Instance } from '../../fleet/fleet.ts';
import { valueOf } from '../../fleet/observation.ts';
import { whyUnknown } from './choice.ts';
import { Refused } from '../errors.ts';
import { hostingReason, settleOf, type Naming } from './lane.ts';
import type { Plan } from '../plan.ts';
import { busyNow, restartLane, restartNotes } from './restart.ts';
import type { RollbackFacts } from './rollback.ts';
import { lossOf } from './rollback-notes.ts';
import { versionOf } from './rollback-target.ts';
import { returningOf, returnSteps, type Returning } from './rollback-user.ts';

type Lane = Plan['lanes'][number];
interface Planned {
  lane: Lane;
  notes: string[];
}
type LeftOut = Pick<Plan['leftOut'][number], 'reason' | 'harmless'>;

/**
 * Plan what is owed to users who have become idle: a restart, onto another version too; or, where everybody has gone back
 * without them, their own way back. What the file says that somebody is owed is a hint: what is done goes by what they
 * run, and by their database, so that it is right after a reboot as well.
 */
export function planDrain(fleet: Fleet, config: Config, naming: Naming, facts: RollbackFacts): Plan {
  const lanes: Lane[] = [];
  const leftOut: Plan['leftOut'] = [];
  const notes: string[] = [];
  for (const instance of fleet.instances) {
    const planned = planOwed(fleet, config, instance, naming, facts);
    if (planned === undefined) continue;
    if ('reason' in planned) leftOut.push({ user: instance.user, ...planned });
    else {
      lanes.push(planned.lane);
      notes.push(...planned.notes);
    }
  }
  const back = lanes.filter(({ steps }) => steps.some(({ kind }) => kind === 'replace'));
  return {
    kind: 'drain',
    lanes,
    leftOut,
    parallel: 1,
    notes,
    ...(back.length === 0
      ? {}
      : {
          consent: {
            word: back.map(({ user }) => user).join(' '),
            because: back.map(
              ({ user }) => `the state database of ${user} is replaced by the one from before`,
            ),
            interrupts: false,
          },
        }),
  };
}

/** @returns undefined for whom nothing is owed */
function planOwed(
  fleet: Fleet,
  config: Config,
  instance: Instance,
  naming: Naming,
  facts: RollbackFacts,
): Planned | LeftOut | undefined {
  const { deferral } = instance;
  if (deferral.kind !== 'known')
    return { reason: whyUnknown(deferral, 'whether one is owed was not looked at'), harmless: false };
  if (deferral.value === undefined) return undefined;
  const busy = busyNow(instance, config, naming.now) ?? hostingReason(instance);
  if (busy !== undefined) return { reason: busy, harmless: true };
  try {
    return planBack(fleet, config, instance, naming, facts) ?? planOn(fleet, config, instance, naming, facts);
  } catch (error) {
    if (error instanceof Refused) return { reason: error.message, harmless: false };
    throw error;
  }
}

/** A restart, onto what is owed. @throws Refused */
function planOn(
  fleet: Fleet,
  config: Config,
  instance: Instance,
  naming: Naming,
  facts: RollbackFacts,
): Planned | LeftOut {
  const owed = valueOf(instance.deferral)?.version;
  const lane = restartLane(fleet, config, instance, naming, facts, owed);
  return 'reason' in lane ? lane : { lane, notes: restartNotes(fleet, config, instance, naming.now, owed) };
}

/** Everybody has gone back without them: to what is installed, or to what they are owed by their own link. */
function planBack(
  fleet: Fleet,
  config: Config,
  instance: Instance,
  naming: Naming,
  facts: RollbackFacts,
): Planned | undefined {
  const { user } = instance;
  const installed = valueOf(fleet.installed);
  const own = valueOf(fleet.launcher)?.kind === 'whole';
  const to =
    (own ? valueOf(instance.deferral)?.version : undefined) ?? (own ? startsAs(fleet, user) : installed);
  if (installed === undefined || to === undefined) return undefined;
  const version = versionOf({ installed, version: to }, facts);
  const returning = returningOf(fleet, config, instance, version, naming);
  if (returning === undefined || !goesBack(returning, to)) return undefined;
  if (returning.what === 'database' && returning.source === undefined)
    throw new Refused(`there is no verified snapshot of ${to} to go back to`);
  return {
    lane: {
      user,
      steps: [
        ...returnSteps(fleet, config, returning, version, naming),
        settleOf(returning.ground, expand(config.paths.deferral, { user })),
      ],
    },
    notes: [
      `${user}: goes back from ${returning.knows ?? 'what they run'} to ${to}`,
      ...(returning.what === 'database' ? lossOf(returning, facts) : []),
    ],
  };
}

/** Do they run a newer version than that, or have a database that it does not know? */
function goesBack({ what, ground }: Returning, to: string): boolean {
  return what === 'database' || (ground.version !== undefined && semver.gt(ground.version, to));
}
