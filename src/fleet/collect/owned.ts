import type { CatalogEntry, SnapshotRecord } from '../../snapshots/catalog.ts';
import type { StateFacts } from '../../t3/state-database.ts';
import type { DatabaseSize, Instance } from '../fleet.ts';
import { unknown, valueOf, type Observation } from '../observation.ts';
import type { Task } from '../reader/protocol.ts';
import { readAs, type Answer } from '../reader/read.ts';
import { moment, type Collecting } from './context.ts';
import { lookAtSnapshots, type RememberedFolder } from './snapshots.ts';
import { lookAtState } from './state.ts';

export interface Remembered {
  state: { fingerprint?: string };
  folder: RememberedFolder;
}

export interface OwnedFacts {
  size: Observation<DatabaseSize>;
  state: Observation<StateFacts>;
  snapshots: Observation<readonly CatalogEntry[]>;
  /** Whether something changed that a reader has not looked at. */
  due: boolean;
  /** Milliseconds of a core that a reader took; 0 when none was needed. */
  cost: number;
}

/**
 * What lies in a user's own folders: the state database and the snapshots, by at most one reader, which has dropped to
 * the owner.
 *
 * @param mayRead Whether a reader may be started now; without, changed facts stay what they were, and grow stale.
 */
export async function observeOwned(
  collecting: Collecting,
  instance: Instance,
  remembered: Remembered,
  records: readonly SnapshotRecord[],
  mayRead: boolean,
): Promise<OwnedFacts> {
  const account = valueOf(instance.account);
  if (account === undefined) {
    const nobody = unknown(
      instance.account.kind === 'unknown' ? instance.account.reason : 'the account is not known',
      moment(collecting),
    );
    return { size: nobody, state: nobody, snapshots: nobody, due: false, cost: 0 };
  }
  const [state, snapshots] = await Promise.all([
    lookAtState(collecting, instance, account, remembered.state),
    lookAtSnapshots(collecting, instance, account, remembered.folder, records),
  ]);
  const changed: Task[] = [state.due, snapshots.due].filter((task) => task !== undefined);
  const tasks = mayRead ? changed : [];
  const { answers, cost } =
    tasks.length === 0
      ? { answers: [], cost: 0 }
      : await readAs(collecting.host, collecting.config, account, tasks);
  const answerTo = <Kind extends Task['task']>(task: Extract<Task, { task: Kind }> | undefined) =>
    (task === undefined ? undefined : answers[tasks.indexOf(task)]) as Answer<Kind> | undefined;
  return {
    ...state.judge(answerTo(state.due)),
    snapshots: snapshots.judge(answerTo(snapshots.due)),
    due: changed.length > tasks.length,
    cost,
  };
}
