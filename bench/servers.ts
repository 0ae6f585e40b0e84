import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openJournalReadOnly } from '../src/journal/journal.ts';
import { listOperations, readSteps } from '../src/journal/operations.ts';
import type { StepRecord } from '../src/journal/records.ts';

/** The server of a user of a sandbox. */
export const unitOf = (user: string): string => `t3-serve@${user}.service`;

/** Wait until the server of a user of a sandbox answers, as a program that only wants to know that would. */
export async function answers(root: string, user: string): Promise<void> {
  const environment = readFileSync(path.join(root, `etc/t3-serve/${user}.env`), 'utf8');
  const port = /T3_PORT=(\d+)/.exec(environment)?.[1];
  for (;;) {
    try {
      if ((await fetch(`http://127.0.0.1:${port}/.well-known/t3/environment`)).ok) return;
    } catch {
      // Not yet.
    }
    await delay(5);
  }
}

/** The newest operation of a journal: when it began and ended, and its steps. */
export function newestOperation(state: string): { took: number; steps: readonly StepRecord[] } {
  const journal = openJournalReadOnly(state);
  try {
    const [operation] = listOperations(journal, 1);
    if (operation?.startedAt === undefined || operation.endedAt === undefined)
      throw new Error('no operation has ended');
    if (operation.outcome !== 'succeeded')
      throw new Error(`operation ${operation.id} ${operation.outcome}: ${operation.reason}`);
    return { took: operation.endedAt - operation.startedAt, steps: readSteps(journal, operation.id) };
  } finally {
    journal.close();
  }
}

/** For each user who was stopped, how long their server was away: from the stop until the proof that it works again. */
export function awayOf(steps: readonly StepRecord[], who?: readonly string[]): number[] {
  const stopped = new Set(steps.filter(({ kind }) => kind === 'stop').map(({ user }) => user));
  const users = [...stopped].filter((user) => who?.includes(user ?? '') ?? true);
  return users.flatMap((user) => {
    const of = (kind: string) => steps.find((step) => step.user === user && step.kind === kind);
    const [began, ended] = [of('stop')?.startedAt, of('prove')?.endedAt];
    return began === undefined || ended === undefined ? [] : [ended - began];
  });
}
