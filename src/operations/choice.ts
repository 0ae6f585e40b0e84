import type { Fleet, Instance } from '../fleet/fleet.ts';
import type { Observation } from '../fleet/observation.ts';
import { UsageProblem } from './errors.ts';

/** The instances that an operation is for: everybody's, or those of the users named, each once. @throws UsageProblem */
export function chosenInstances(fleet: Fleet, users: readonly string[] | undefined): readonly Instance[] {
  return users === undefined ? fleet.instances : [...new Set(users)].map((user) => findInstance(fleet, user));
}

function findInstance(fleet: Fleet, user: string): Instance {
  const instance = fleet.instances.find((each) => each.user === user);
  if (instance !== undefined) return instance;
  const names = fleet.instances.map((each) => each.user);
  throw new UsageProblem(
    `no user ${user} in the user map; there ${names.length === 1 ? 'is' : 'are'}: ${names.join(', ') || 'nobody'}`,
  );
}

/** Why a fact is not known, in words for a user who is left out for it. */
export function whyUnknown(observation: Observation<unknown>, pendingWords: string): string {
  return observation.kind === 'unknown' ? observation.reason : pendingWords;
}
