import path from 'node:path';
import semver from 'semver';
import type { Config } from '../../config/schema.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import { jobUnits } from '../../fleet/jobs.ts';
import { valueOf } from '../../fleet/observation.ts';
import { globalPackage } from '../../t3/global-package.ts';
import { prefixOf, type Candidate, type NoCandidate } from '../../t3/packages.ts';
import { durationWords } from '../../text/duration.ts';
import { whyUnknown } from './choice.ts';
import { Refused, UsageProblem } from '../errors.ts';
import { hostingReason, type Ground, type Naming } from './lane.ts';
import type { ColdCopyStep, MovedStep, Plan, Request, StartStep, Step, StopStep } from '../plan.ts';
import { downloadStep } from './preflight.ts';

/**
 * Strategy `enforcer`: a bump in which the host's own script installs and restarts. Everything before it (the gate, the
 * snapshots, the pins) and after it (version, schema, handshake, the way back) is the cockpit's.
 */

type BumpRequest = Extract<Request, { kind: 'bump' }>;

/** Who installs and restarts. */
export const strategyOf = ({ strategy }: BumpRequest, { bump }: Config): 'rollout' | 'enforcer' =>
  strategy ?? bump.strategy;

/**
 * May the host's own script be let loose on this host?
 *
 * @throws UsageProblem, Refused
 */
export function requireEnforcer(
  fleet: Fleet,
  config: Config,
  { users }: BumpRequest,
  { from, to }: { from: string; to: string },
): void {
  const { job } = config.bump.enforcer;
  const { service } = jobUnits(job);
  if (users !== undefined)
    throw new UsageProblem(`${job} moves everybody: some users only is for --strategy rollout`);
  if (semver.lt(to, from))
    throw new Refused(
      `${to} is older than ${from}: ${job} would start servers on databases that they do not know; --strategy rollout`,
    );
  if (valueOf(fleet.launcher)?.kind === 'whole')
    throw new Refused(
      `with the launcher users have versions of their own, and ${job} knows one for all: --strategy rollout`,
    );
  const place = globalPackage(config);
  if ('problem' in place) throw new Refused(place.problem);
  if (!config.jobs.includes(job))
    throw new Refused(`${job} is none of the host’s jobs in the configuration (jobs)`);
  const found = valueOf(fleet.jobs)?.find(({ name }) => name === job);
  if (found === undefined)
    throw new Refused(`cannot tell whether there is ${service}: ${whyUnknown(fleet.jobs, 'not looked at')}`);
  if (!found.installed || found.barred !== undefined)
    throw new Refused(`${service} cannot be started: it is ${found.barred ?? 'not there'}`);
  if (!config.pins.some(({ copy }) => copy))
    throw new Refused(
      `no pin file is the copy that the host runs (pins, copy): ${job} would not learn of ${to}`,
    );
  for (const instance of fleet.instances) {
    const hosts = hostingReason(instance);
    if (hosts !== undefined)
      throw new Refused(
        `${job} knows nothing of sessions, and ${instance.user}’s server is one that it may restart: ${hosts}; or --strategy rollout, which leaves it out`,
      );
  }
}

/** The version that is installed gets a prefix of its own first: the way back leads there. @throws Refused */
export function keepingLane(
  config: Config,
  current: Candidate | NoCandidate | undefined,
  naming: Naming,
): Plan['lanes'][number] {
  if (current === undefined || 'problem' in current)
    throw new Refused(
      `npm replaces what is installed, so that has to be at hand once more before, or there is no way back: ${current?.problem ?? 'the package source was not asked'}`,
    );
  return { user: null, phase: 'judge', steps: [downloadStep(config, current, naming, 'download/installed')] };
}

/** The script itself. */
export function enforceOf(
  config: Config,
  { from, to }: { from: string; to: string },
  grounds: readonly Ground[],
): Step {
  const { job, timeout } = config.bump.enforcer;
  const { service } = jobUnits(job);
  return {
    kind: 'enforce',
    id: 'enforce',
    title: `let ${job} install ${to} and restart who is idle`,
    user: null,
    from,
    to,
    unit: service,
    target: path.join(prefixOf(config, to), 'bin/t3'),
    servers: grounds.map(({ user, unit, live, home }) => ({ user, unit, live, home })),
    timeout,
  };
}

/** One user, as the script has left them. By the name of a start: what is checked afterwards asks for that. */
export function movedOf(about: {
  from: string;
  to: string;
  stop: StopStep;
  copy: ColdCopyStep;
  start: StartStep;
}): MovedStep {
  const { user } = about.start;
  return {
    kind: 'moved',
    id: about.start.id,
    title: 'what the host’s script has made of it',
    user,
    ...about,
  };
}

/** What is different from a rollout, for whoever is to agree to it. */
export function enforcerNotes(config: Config, { from, to }: { from: string; to: string }): string[] {
  const { job, timeout } = config.bump.enforcer;
  return [
    `${job} installs ${to} and restarts servers, one right after the other, not the cockpit; at most ${durationWords(timeout)}, then it is stopped and everybody goes back`,
    `it knows who is at work by child processes alone, no quiet time, and no session that it would cut off: it is not started while anybody hosts one, or is at work and would not be seen by it`,
    `it takes no copy of the last moment: should everybody go back, what they did between their snapshot and its restart is in their prerestore snapshots only`,
    `${from} gets a prefix of its own first: the way back needs neither the script nor npm`,
  ];
}
