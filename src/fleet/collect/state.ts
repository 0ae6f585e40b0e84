import { expand } from '../../config/expand.ts';
import type { Account } from '../../host/account.ts';
import type { StateFacts } from '../../t3/state-database.ts';
import type { DatabaseSize, Instance } from '../fleet.ts';
import { known, unknown, type Observation } from '../observation.ts';
import { moment, reasonOf, type Collecting } from './context.ts';
import type { Look } from './look.ts';

/** The reason when a user simply has none yet: t3 was never started for them. */
export const noDatabase = 'no state database';

interface StateLook extends Look<
  'state',
  { size: Observation<DatabaseSize>; state: Observation<StateFacts> }
> {}

/** A state database from outside: its size, and whether it has to be read again. Only lstat: the folder is a user's. */
export async function lookAtState(
  collecting: Collecting,
  instance: Instance,
  account: Account,
  remembered: { fingerprint?: string },
): Promise<StateLook> {
  const { host, config } = collecting;
  const path = expand(config.paths.stateDatabase, { user: account.name, home: account.home });
  const failed = (problem: string): StateLook => ({
    due: undefined,
    judge: () => ({
      size: unknown(problem, moment(collecting), instance.size),
      state: unknown(problem, moment(collecting), instance.state),
    }),
  });
  try {
    const [database, wal] = await Promise.all([host.files.look(path), host.files.look(`${path}-wal`)]);
    if (database === undefined) return failed(noDatabase);
    if (database.kind !== 'file')
      return failed(
        database.kind === 'link' ? 'the state database is a link' : 'the state database is no file',
      );
    const size = known({ database: database.size, wal: wal?.size ?? 0 }, moment(collecting));
    const fingerprint = `${database.fingerprint}|${wal?.fingerprint ?? ''}`;
    const changed = fingerprint !== remembered.fingerprint || instance.state.kind !== 'known';
    return {
      due: changed
        ? { task: 'state', path, home: account.home, patience: config.limits.readerTimeout / 2 }
        : undefined,
      judge(answer) {
        if (answer === undefined) {
          // Unchanged files: what was read of them is as true now as then. Changed ones, not read yet: it grows stale.
          const same = !changed && instance.state.kind === 'known';
          return { size, state: same ? known(instance.state.value, moment(collecting)) : instance.state };
        }
        if ('problem' in answer) {
          delete remembered.fingerprint;
          return { size, state: unknown(answer.problem, moment(collecting), instance.state) };
        }
        remembered.fingerprint = fingerprint;
        return { size, state: known(answer.facts, moment(collecting)) };
      },
    };
  } catch (error) {
    return failed(reasonOf(error));
  }
}
