import * as z from 'zod';
import type { Config } from '../../config/schema.ts';
import { openHost } from '../../host/host.ts';
import { takeHostLock } from '../../host/lock.ts';
import { openJournal, lockPath } from '../../journal/journal.ts';
import { readHeld, readOperation, readOperationDocuments, readSteps } from '../../journal/operations.ts';
import { Recorder } from '../../journal/recorder.ts';
import { isUndecided } from '../cut-off.ts';
import { releaseTimers } from './hold.ts';

const argumentsSchema = z.tuple([z.string().startsWith('/'), z.coerce.number().int().positive()]);

/** Seconds; whoever has the lock by then lets go of the timers itself (recovery.ts). */
const lockPatience = 3;

/**
 * What systemd starts when a runner has ended otherwise than well, killed as well (ExecStopPost): the timers of the host's
 * own jobs go on, for nobody may come and look before the next backup is due. While something has to be decided about
 * they stay held off: the host's updater must not meet a bump that is half way.
 *
 * @param argv The state folder and the number of the operation.
 */
export async function afterRunner(argv: readonly string[], open = openHost): Promise<void> {
  const [state, id] = argumentsSchema.parse(argv);
  const durable = openJournal(state);
  const quick = openJournal(state, false);
  try {
    const operation = readOperation(durable, id);
    const documents = readOperationDocuments(durable, id);
    if (operation === undefined || documents === undefined) return;
    if (!readHeld(durable).some((each) => each.operation === id)) return;
    const config = documents.config as Config;
    if (operation.state !== 'ended' && isUndecided(readSteps(durable, id))) return;
    const lock = await takeHostLock(lockPath(state), lockPatience);
    if (lock === undefined) return;
    const host = open(config);
    try {
      await releaseTimers(host, config, new Recorder(durable, quick, host.clock, id));
    } finally {
      await host.close();
      lock.release();
    }
  } finally {
    quick.close();
    durable.close();
  }
}
