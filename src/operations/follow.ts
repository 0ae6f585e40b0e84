import type { Host } from '../host/host.ts';
import type { Sqlite } from '../host/sqlite.ts';
import { dataVersion, readEvents } from '../journal/events.ts';
import { readOperation, readSteps } from '../journal/operations.ts';
import type { EventRecord, OperationRecord, StepRecord } from '../journal/records.ts';
import { isCutOff } from './cut-off.ts';

/** An operation as the journal has it now, and what has been recorded since it was last looked at. */
export interface OperationView {
  operation: OperationRecord;
  steps: StepRecord[];
  /** New since the last view. */
  events: EventRecord[];
  /** The runner is gone, and left no outcome. */
  cutOff: boolean;
}

/** How often the journal is asked whether anything was committed, milliseconds: one pragma on shared memory. */
const interval = 100;

/** How often it is asked whether the runner still lives, while the journal is silent. */
const lifeInterval = 2000;

/**
 * Follow an operation until it has an outcome, or its runner is found dead: a view at once, and one whenever the
 * journal has changed. Ends early when `signal` is aborted; the operation goes on.
 */
export async function* followOperation(
  journal: Sqlite,
  host: Host,
  id: number,
  signal: AbortSignal,
): AsyncGenerator<OperationView> {
  let seen = 0;
  let version = -1;
  let asked = host.clock.monotonic();
  while (!signal.aborted) {
    const now = dataVersion(journal);
    let cutOff = false;
    if (now === version && host.clock.monotonic() - asked >= lifeInterval) {
      const operation = readOperation(journal, id);
      cutOff = operation !== undefined && (await isCutOff(operation, journal, host));
      asked = host.clock.monotonic();
    }
    if (now !== version || cutOff) {
      version = now;
      const operation = readOperation(journal, id);
      if (operation === undefined) throw new Error(`there is no operation ${id}`);
      const events = readEvents(journal, id, seen);
      seen = events.at(-1)?.id ?? seen;
      yield { operation, steps: readSteps(journal, id), events, cutOff };
      if ((operation.state === 'ended' && events.length === 0) || cutOff) return;
      // The outcome is committed together with its event: look once more for events beyond the limit of one view.
      if (operation.state === 'ended') version = -1;
      continue;
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(finish, interval);
      function finish(): void {
        clearTimeout(timer);
        signal.removeEventListener('abort', finish);
        resolve();
      }
      signal.addEventListener('abort', finish);
    });
  }
}
