import { followOperation } from '../operations/follow.ts';
import { requestStop } from '../operations/plans/stop.ts';
import { planSchema } from '../operations/plan.ts';
import { openJournalReadOnly } from '../journal/journal.ts';
import { readOperationDocuments } from '../journal/operations.ts';
import type { CommandContext, Opened } from './context.ts';
import { standingText } from '../view/operation.ts';
import { exit, type ExitCode } from './exit.ts';
import { jsonDocument, jsonLine, isoTime } from './render/json.ts';
import { eventLine, exitCodeOf, operationDocument, stepsTable } from './render/operation.ts';

/** How an operation is told while it runs. */
export type Telling = 'lines' | 'json lines' | 'document at the end' | 'nothing';

/**
 * Follow an operation to its end and say how it ended. The first Ctrl-C asks the operation to stop at its next safe
 * point and goes on following; the second stops following, and the operation ends by itself.
 */
export async function follow(
  context: CommandContext,
  opened: Opened,
  id: number,
  telling: Telling,
): Promise<ExitCode> {
  const { io, options } = context;
  const { config, host } = opened;
  const journal = openJournalReadOnly(config.paths.state);
  const leave = new AbortController();
  let interrupts = 0;
  const release = io.onInterrupt(() => {
    interrupts += 1;
    if (interrupts > 1) return leave.abort();
    const words = requestStop(config, host.clock, id);
    io.err(`\n${words} Ctrl-C again: stop watching; the operation ends by itself.\n`);
  });
  const timer = options.timeout === undefined ? undefined : setTimeout(() => leave.abort(), options.timeout);
  const plan = planSchema.safeParse(readOperationDocuments(journal, id)?.plan).data;
  try {
    let last;
    for await (const view of followOperation(journal, host, id, leave.signal)) {
      last = view;
      for (const event of view.events) {
        if (telling === 'lines') io.out(eventLine(event, view.steps));
        if (telling === 'json lines') io.out(jsonLine({ ...event, at: isoTime(event.at) }));
      }
    }
    if (last === undefined || (last.operation.state !== 'ended' && !last.cutOff)) {
      io.err(`t3-cockpit: operation ${id} goes on; follow it with: t3-cockpit operations ${id} --follow\n`);
      return interrupts > 0 ? exit.interrupted : exit.failed;
    }
    const { operation, steps, cutOff } = last;
    if (telling === 'document at the end')
      io.out(jsonDocument(operationDocument(operation, steps, plan, cutOff)));
    if (telling === 'lines') {
      io.out(`\n${stepsTable(steps)}`);
      for (const { user, reason } of plan?.leftOut ?? []) io.out(`left out: ${user}: ${reason}\n`);
      io.out(`operation ${id}: ${standingText(operation, cutOff)}\n`);
    }
    return exitCodeOf(operation.outcome, steps, plan);
  } finally {
    clearTimeout(timer);
    release();
    journal.close();
  }
}
