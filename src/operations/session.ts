import type { Config } from '../config/schema.ts';
import type { Host } from '../host/host.ts';
import { surveySession } from '../host/session.ts';
import { JournalProblem, openJournal } from '../journal/journal.ts';
import type { OperationRecord, StepRecord } from '../journal/records.ts';
import { recordSession, type SessionMember } from '../journal/sessions.ts';
import { excerpt } from '../text/printable.ts';
import { isDisruptive } from './steps/index.ts';

/** How long the journal may be busy with somebody else, milliseconds: a frame waits for it. */
const patience = 200;

/**
 * The processes on which this session hangs, with the control group of each, for the hosting guard. What cannot be told
 * is written down as such: it makes the guard say no.
 *
 * @param environment The one that this program was started in.
 */
export async function sessionMembers(
  host: Host,
  config: Config,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<SessionMember[]> {
  try {
    return await surveySession(host.processes, host.commands, environment, config.limits.commandTimeout);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    const own = await host.processes.facts(process.pid);
    return [
      {
        pid: process.pid,
        startTime: own?.startTime ?? 0,
        controlGroup: undefined,
        role: excerpt(`who is attached to this session is not known: ${words}`),
      },
    ];
  }
}

/**
 * Write down that an operation is followed from this session, too: its hosting guard must not cut off whoever watches.
 * Only of one that goes on and stops servers; a read-only cockpit writes nothing, and who may not write the journal
 * cannot be heard.
 *
 * @throws JournalProblem, or what SQLite says, when it could not be written down.
 */
export async function registerFollower(
  host: Host,
  config: Config,
  operation: OperationRecord,
  steps: readonly StepRecord[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  if (config.readOnly || operation.state === 'ended') return;
  if (!steps.some(({ kind }) => isDisruptive(kind))) return;
  const members = await sessionMembers(host, config, environment);
  let journal;
  try {
    journal = openJournal(config.paths.state, false, patience);
  } catch (error) {
    if (error instanceof JournalProblem && error.kind === 'denied') return;
    throw error;
  }
  try {
    const theirs = members.map((member) => ({
      ...member,
      role: `somebody who follows this: ${member.role}`,
    }));
    recordSession(journal, host.clock, operation.id, theirs);
  } finally {
    journal.close();
  }
}
