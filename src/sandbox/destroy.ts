import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { systemProcesses } from '../host/processes.ts';
import { runnerCookieVariable } from '../host/runners.ts';
import { JournalProblem, openJournalReadOnly } from '../journal/journal.ts';
import { openOperations } from '../journal/operations.ts';
import { layoutOf, type Layout } from './layout.ts';
import { readMark } from './mark.ts';
import { processesIn, signalAll } from './supervisor/control-group.ts';

/** How long processes may take to vanish after they were killed, milliseconds. */
const patience = 10_000;

/**
 * End everything that belongs to a sandbox and remove it.
 *
 * @throws when the folder is not a sandbox, or when something of it does not end.
 */
export async function destroySandbox(root: string): Promise<void> {
  const layout = layoutOf(root);
  const mark = readMark(layout);
  await endRunners(layout);
  const group = `/sandbox/${mark.id}`;
  // The supervisor first: it would start again what is killed.
  const supervisor = mark.supervisor === undefined ? [] : await supervisorOf(layout, mark.supervisor);
  signalAll(supervisor, 'SIGKILL');
  await gone(
    async () => (supervisor.length === 0 ? [] : supervisorOf(layout, supervisor[0] ?? 0)),
    'the supervisor',
  );
  await gone(async () => {
    const left = processesIn(group);
    signalAll(left, 'SIGKILL');
    return left;
  }, 'the units');
  rmSync(layout.root, { recursive: true, force: true });
}

/** What is left of a sandbox whose units have been stopped: for the supervisor, which cannot end itself first. */
export async function removeSandbox(root: string): Promise<void> {
  const layout = layoutOf(root);
  await endRunners(layout);
  rmSync(layout.root, { recursive: true, force: true });
}

/** A runner of this sandbox's journal that still works. Killed like one that dies: there is nothing left to keep. */
async function endRunners(layout: Layout): Promise<void> {
  let places;
  try {
    const journal = openJournalReadOnly(layout.state);
    places = openOperations(journal).flatMap(({ place }) => (place?.kind === 'group' ? [place] : []));
    journal.close();
  } catch (error) {
    if (error instanceof JournalProblem && error.kind === 'absent') return;
    throw error;
  }
  for (const place of places) {
    await gone(async () => {
      const members = await systemProcesses.inGroup(place.group);
      const cookies = await Promise.all(
        members.map(({ pid }) => systemProcesses.variable(pid, runnerCookieVariable)),
      );
      const ours = members.filter((_, index) => cookies[index] === place.cookie).map(({ pid }) => pid);
      signalAll(ours, 'SIGKILL');
      return ours;
    }, `the runner in process group ${place.group}`);
  }
}

/** The supervisor's process, if that id is still its own: an id may have been given anew. */
async function supervisorOf(layout: Layout, pid: number): Promise<number[]> {
  const facts = await systemProcesses.facts(pid);
  if (facts === undefined || facts.state === 'Z') return [];
  const argv = await systemProcesses.commandLine(pid);
  return argv?.some((part) => part === layout.root) === true ? [pid] : [];
}

async function gone(look: () => Promise<number[]>, what: string): Promise<void> {
  const deadline = performance.now() + patience;
  for (;;) {
    const left = await look();
    if (left.length === 0) return;
    if (performance.now() > deadline) throw new Error(`${what} did not end: process ${left.join(', ')}`);
    await delay(10);
  }
}
