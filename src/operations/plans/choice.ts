import type { Fleet, Instance } from '../../fleet/fleet.ts';
import type { Observation } from '../../fleet/observation.ts';
import type { CatalogEntry } from '../../snapshots/catalog.ts';
import { nearNames } from '../../text/near.ts';
import { UsageProblem } from '../errors.ts';

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

/** Is this the snapshot that is called so, by its file's name or its whole path? */
export function isCalled(entry: CatalogEntry, name: string): boolean {
  return entry.file === name || `${entry.folder}/${entry.file}` === name;
}

/**
 * There is no snapshot of this name; says which ones may have been meant.
 *
 * @param unseen Users whose snapshots could not be looked at: it may be one of theirs.
 */
export function noSuchSnapshot(
  name: string,
  entries: readonly CatalogEntry[],
  unseen: readonly string[],
): UsageProblem {
  const near = nearNames(
    name.slice(name.lastIndexOf('/') + 1),
    entries.map((entry) => entry.file),
  );
  const meant = near.length === 0 ? '' : ` did you mean ${near.join(', or ')}?`;
  const blind = unseen.length === 0 ? '' : ` (those of ${unseen.join(', ')} could not be looked at)`;
  return new UsageProblem(`there is no snapshot ${name}${blind};${meant} t3-cockpit snapshots lists them`);
}

/** Why a fact is not known, in words for a user who is left out for it. */
export function whyUnknown(observation: Observation<unknown>, pendingWords: string): string {
  return observation.kind === 'unknown' ? observation.reason : pendingWords;
}
