import { expand } from '../../config/expand.ts';
import type { Account } from '../../host/account.ts';
import { catalog, type CatalogEntry, type SnapshotRecord } from '../../snapshots/catalog.ts';
import type { Instance } from '../fleet.ts';
import { known, unknown, type Observation } from '../observation.ts';
import type { FolderFacts } from '../reader/protocol.ts';
import { moment, reasonOf, type Collecting } from './context.ts';
import type { Look } from './look.ts';

export interface RememberedFolder {
  fingerprint?: string;
  facts?: FolderFacts;
}

/** A backup folder from outside: whether it has to be listed again. What the journal vouches for may change without it. */
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
  const entries = (facts: FolderFacts) =>
    catalog(
      account.name,
      { host: { path, files: facts.host ?? [] }, own: { path: own, files: facts.own ?? [] } },
      records,
    );
  try {
    const looks = await Promise.all([host.files.look(path), host.files.look(own)]);
    const fingerprint = looks.map((look) => look?.fingerprint ?? '').join('|');
    const changed = fingerprint !== remembered.fingerprint;
    return {
      due: changed ? { task: 'folder', path, own: config.snapshots.folder } : undefined,
      judge(answer) {
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
        return known(entries(remembered.facts ?? { host: null, own: null }), moment(collecting));
      },
    };
  } catch (error) {
    const problem = unknown(reasonOf(error), moment(collecting), instance.snapshots);
    return { due: undefined, judge: () => problem };
  }
}
