import type { Fleet, Instance } from '../../fleet/fleet.ts';
import { valueOf } from '../../fleet/observation.ts';
import { newestUsable, type CatalogEntry } from '../../snapshots/catalog.ts';
import { isCalled, noSuchSnapshot, whyUnknown } from './choice.ts';
import { Refused, UsageProblem } from '../errors.ts';

/** Which snapshot is meant, and whether it can be restored. */

/** @throws UsageProblem for a name that nothing has; Refused for one that must not be restored. */
export function chooseSnapshot(fleet: Fleet, instance: Instance, name: string, now: number): CatalogEntry {
  const { user } = instance;
  const entries = valueOf(instance.snapshots);
  if (entries === undefined)
    throw new Refused(`${user}: ${whyUnknown(instance.snapshots, 'the backup folder was not looked at')}`);
  if (name === 'latest' || name === 'prebump') {
    const wanted = entries.filter(({ kind }) =>
      name === 'prebump' ? kind === 'prebump' : kind !== 'prerestore',
    );
    const { verified, any } = newestUsable(wanted, now);
    const found = verified ?? any;
    if (found === undefined)
      throw new Refused(
        `${user} has no ${name === 'prebump' ? 'prebump ' : ''}snapshot that can be relied on`,
      );
    return found;
  }
  const found = entries.find((entry) => isCalled(entry, name));
  if (found === undefined) {
    const others = fleet.instances.find((each) =>
      valueOf(each.snapshots)?.some((entry) => isCalled(entry, name)),
    );
    if (others !== undefined)
      throw new UsageProblem(`${name} is a snapshot of ${others.user}, not of ${user}`);
    throw noSuchSnapshot(name, entries, []);
  }
  const reason = whyNot(found);
  if (reason !== undefined) throw new Refused(`${found.file} cannot be restored: ${reason}`);
  return found;
}

/** Why this snapshot cannot be restored, as far as that shows without reading it. */
export function whyNot(entry: CatalogEntry): string | undefined {
  switch (entry.standing) {
    case 'verified':
    case 'unverified':
      return undefined;
    case 'changed':
      return 'the file is not the one that was verified';
    case 'damaged':
      return entry.record?.problem?.words ?? entry.record?.tried?.problem ?? 'it is damaged';
    case 'missing':
      return 'it is gone';
  }
}
