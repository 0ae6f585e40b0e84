import { expand } from '../../config/expand.ts';
import type { Account } from '../../host/account.ts';
import { catalog, type CatalogEntry, type SnapshotRecord } from '../../snapshots/catalog.ts';
import type { Instance } from '../fleet.ts';
import { known, unknown, type Moment, type Observation } from '../observation.ts';
import type { FolderFacts } from '../reader/protocol.ts';
import { moment, reasonOf, type Collecting } from './context.ts';
import type { Look } from './look.ts';

export interface RememberedFolder {
  fingerprint?: string;
  facts?: FolderFacts;
  /** When it was last seen to be as it was listed; absent when it is to be looked at, whenever that was. */
  seen?: Moment;
  /** What followed from that list and from these records. */
  catalog?: { facts: FolderFacts; records: readonly SnapshotRecord[]; entries: CatalogEntry[] };
}

/**
 * A backup folder from outside: whether it has to be listed again. It is looked at on its own cadence, which is slower
 * than that of the database beside it; what the journal vouches for may change without it.
 */
export async function lookAtSnapshots(
  collecting: Collecting,
  instance: Instance,
  account: Account,
  remembered: RememberedFolder,
  records: readonly SnapshotRecord[],
): Promise<Look<'folder', Observation<readonly CatalogEntry[]>>> {
  const { host, config } = collecting;
  const path = expand(config.paths.backups, { user: account.name });
  const own = `${path}/${config.snapshots.folder}`;
  const entries = (facts: FolderFacts): CatalogEntry[] => {
    if (remembered.catalog?.facts !== facts || remembered.catalog.records !== records)
      remembered.catalog = {
        facts,
        records,
        entries: catalog(
          account.name,
          { host: { path, files: facts.host ?? [] }, own: { path: own, files: facts.own ?? [] } },
          records,
        ),
      };
    return remembered.catalog.entries;
  };
  const { facts, seen } = remembered;
  if (facts !== undefined && seen !== undefined && instance.snapshots.kind === 'known') {
    const { cadence } = config;
    // A look that comes a little before its time: the next one would come as much too late.
    const early = Math.min(cadence.state, cadence.snapshots) / 2;
    if (host.clock.monotonic() - seen.tick < cadence.snapshots - early)
      return { due: undefined, judge: () => known(entries(facts), seen) };
  }
  try {
    const looks = await Promise.all([host.files.look(path), host.files.look(own)]);
    const fingerprint = looks.map((look) => look?.fingerprint ?? '').join('|');
    const changed = fingerprint !== remembered.fingerprint;
    return {
      due: changed ? { task: 'folder', path, own: config.snapshots.folder } : undefined,
      judge(answer) {
        delete remembered.seen;
        if (answer !== undefined && 'problem' in answer) {
          delete remembered.fingerprint;
          return unknown(answer.problem, moment(collecting), instance.snapshots);
        }
        if (answer !== undefined) {
          remembered.fingerprint = fingerprint;
          remembered.facts = answer.facts;
        } else if (changed || remembered.facts === undefined) {
          return instance.snapshots;
        }
        remembered.seen = moment(collecting);
        return known(entries(remembered.facts), remembered.seen);
      },
    };
  } catch (error) {
    delete remembered.seen;
    const problem = unknown(reasonOf(error), moment(collecting), instance.snapshots);
    return { due: undefined, judge: () => problem };
  }
}
