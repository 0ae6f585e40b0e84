import semver from 'semver';
import { expand } from '../config/expand.ts';
import type { Config } from '../config/schema.ts';
import { startsAs, type Fleet, type Instance } from '../fleet/fleet.ts';
import { valueOf } from '../fleet/observation.ts';
import { planSnapshot } from './backup.ts';
import { chosenInstances, whyUnknown } from './choice.ts';
import { Refused } from './errors.ts';
import { busyWith } from './guards/busy.ts';
import { groundOf, hostingReason, proveOf, settleOf, startOf, stopOf, type Naming } from './lane.ts';
import { chooseOf } from './launcher.ts';
import type { Plan, Request, Step } from './plan.ts';
import { prebumpOf } from './prebump.ts';
import { planReplacement } from './restore.ts';

/** Plan to restart the servers of those named, each after a snapshot. @throws UsageProblem, Refused */
export function planRestart(
  fleet: Fleet,
  config: Config,
  request: Extract<Request, { kind: 'restart' }>,
  naming: Naming,
): Plan {
  const lanes: Plan['lanes'] = [];
  const notes: string[] = [];
  for (const instance of chosenInstances(fleet, request.users)) {
    const lane = laneOf(instance, fleet, config, naming);
    if ('reason' in lane) throw new Refused(`${instance.user}: ${lane.reason}`);
    lanes.push(lane);
    notes.push(...notesOf(instance, fleet, config, naming.now));
  }
  return { kind: 'restart', lanes, leftOut: [], parallel: 1, notes };
}

/** Plan the restarts that are owed to users who have become idle. */
export function planDrain(fleet: Fleet, config: Config, naming: Naming): Plan {
  const lanes: Plan['lanes'] = [];
  const leftOut: Plan['leftOut'] = [];
  const notes: string[] = [];
  for (const instance of fleet.instances) {
    const { user, deferral } = instance;
    if (deferral.kind !== 'known') {
      leftOut.push({
        user,
        reason: whyUnknown(deferral, 'whether one is owed was not looked at'),
        harmless: false,
      });
      continue;
    }
    if (deferral.value === undefined) continue;
    const busy = busyNow(instance, config, naming.now);
    const lane =
      busy === undefined
        ? isHeld(instance, fleet)
          ? laneBack(instance, fleet, config, naming)
          : laneOf(instance, fleet, config, naming, deferral.value.version)
        : { reason: busy, harmless: true };
    if ('reason' in lane) leftOut.push({ user, ...lane });
    else {
      lanes.push(lane);
      notes.push(...notesOf(instance, fleet, config, naming.now));
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

/** Does it run a newer version than what it is owed? Then a bump went back without it, for it was at work. */
function isHeld(instance: Instance, fleet: Fleet): boolean {
  const [running, installed] = [valueOf(instance.liveness)?.version, valueOf(fleet.installed)];
  const owed = valueOf(instance.deferral)?.version;
  return (
    running !== undefined && installed !== undefined && owed === installed && semver.gt(running, installed)
  );
}

/** Back to what is installed, with the database that it knows; what was done since is kept. */
function laneBack(
  instance: Instance,
  fleet: Fleet,
  config: Config,
  naming: Naming,
): Plan['lanes'][number] | { reason: string; harmless: boolean } {
  const { user } = instance;
  const installed = valueOf(fleet.installed);
  const entry = valueOf(instance.snapshots)?.find(
    ({ origin, standing, version }) =>
      origin === 'cockpit' && standing === 'verified' && version === installed,
  );
  if (entry === undefined)
    return { reason: `there is no verified snapshot of ${installed} to go back to`, harmless: false };
  const options = { kind: 'restore' as const, interruptTurn: false, unlessWorkSince: null, naming };
  try {
    const { lanes } = planReplacement(fleet, config, instance, entry, {
      ...options,
      live: { problem: 'not looked at' },
    });
    const running = valueOf(instance.liveness)?.version ?? '';
    const heldOn = expand(config.paths.versionBinary, { version: running });
    const file = expand(config.paths.deferral, { user });
    const steps = (lanes[0]?.steps ?? []).flatMap((step): Step[] => {
      if (step.kind === 'start')
        return hasOwn(fleet)
          ? [
              chooseOf(config, { user, from: running, to: installed ?? '', back: true }, `${user}/choose`),
              step,
            ]
          : [{ ...step, heldOn }];
      return [step.kind === 'settle' ? { ...step, deferral: file } : step];
    });
    return { user, steps };
  } catch (error) {
    if (error instanceof Refused) return { reason: error.message, harmless: false };
    throw error;
  }
}

const hasOwn = ({ launcher }: Fleet) => valueOf(launcher)?.kind === 'whole';

/** @param owed The version that was put off, where it was. */
function laneOf(
  instance: Instance,
  fleet: Fleet,
  config: Config,
  naming: Naming,
  owed?: string,
): Plan['lanes'][number] | { reason: string; harmless: boolean } {
  const { user } = instance;
  const ground = groundOf(instance, config, naming);
  if ('reason' in ground) return ground;
  const hosts = hostingReason(instance);
  if (hosts !== undefined) return { reason: hosts, harmless: true };
  const snapshot = planSnapshot(instance, config, 'manual', naming.now, naming.tail);
  if ('reason' in snapshot) return snapshot;
  const file = expand(config.paths.deferral, { user });
  const starts = startsAs(fleet, user);
  const version = hasOwn(fleet) ? (owed ?? starts) : starts;
  // It comes back as another version, which may migrate its database, one way.
  const moves = ground.version !== undefined && ground.version !== version;
  return {
    user,
    steps: [
      snapshot,
      stopOf(ground, { exclusive: moves, deferral: version === undefined ? null : { file, version } }),
      ...(moves ? [prebumpOf(ground, instance, { ...naming, now: naming.now + 1000 })] : []),
      ...(starts !== undefined && version !== undefined && starts !== version
        ? [chooseOf(config, { user, from: starts, to: version }, `${user}/choose`)]
        : []),
      startOf(ground, false),
      proveOf(ground, 'stay'),
      settleOf(ground, valueOf(instance.deferral) === undefined ? null : file),
    ],
  };
}

/** Why somebody is busy now, or why that cannot be told. */
function busyNow(instance: Instance, config: Config, now: number): string | undefined {
  const state = valueOf(instance.state);
  if (state === undefined)
    return `cannot tell whether they are busy: ${whyUnknown(instance.state, 'the database was not read')}`;
  const busy = busyWith(state, 1, config.busy, now);
  return busy === undefined ? undefined : `busy: ${busy}`;
}

/** What a restart changes beyond the process. */
function notesOf(instance: Instance, fleet: Fleet, config: Config, now: number): string[] {
  const { user } = instance;
  const running = valueOf(instance.liveness)?.version;
  const owed = valueOf(instance.deferral)?.version;
  const installed = (hasOwn(fleet) ? owed : undefined) ?? startsAs(fleet, user);
  const busy = busyNow(instance, config, now);
  if (isHeld(instance, fleet))
    return [
      `${user}: goes back from ${running} to ${installed}, with the database from before; what was done since is kept as a prerestore snapshot`,
    ];
  return [
    running !== undefined && installed !== undefined && running !== installed
      ? `${user}: runs ${running}, and comes back as ${installed}, which may migrate the database, one way`
      : `${user}: runs ${running ?? 'an unknown version'}, and is started as ${installed ?? 'what is not known'}`,
    ...(busy === undefined
      ? []
      : [`${user}: ${busy}: as long as that is so, a restart is owed, and not done`]),
  ];
}
