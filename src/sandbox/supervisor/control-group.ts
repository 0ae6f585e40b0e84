import { readdirSync, readFileSync } from 'node:fs';
import { sandboxUnitVariable } from '../../host/processes.ts';

/**
 * A sandbox needs no root, so it has no control groups. What a unit starts carries the unit's mark in its environment
 * instead, children of children too, unless they clear it. A simulation, good enough to stop a unit with all that was
 * started from inside it, as systemd's `KillMode=control-group` does.
 */
export function controlGroup(sandbox: string, unit: string): string {
  return `/sandbox/${sandbox}/${unit}`;
}

/** The processes of a group, or of all groups below it. */
export function processesIn(group: string): number[] {
  return [...census()].flatMap(([mark, pids]) =>
    mark === group || mark.startsWith(`${group}/`) ? pids : [],
  );
}

/** Which processes bear which mark, from one look at every process. */
export function census(): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const pid = Number(name);
    const mark = markOf(pid);
    if (mark !== undefined) found.set(mark, [...(found.get(mark) ?? []), pid]);
  }
  return found;
}

function markOf(pid: number): string | undefined {
  try {
    const entry = readFileSync(`/proc/${pid}/environ`, 'utf8')
      .split('\0')
      .find((each) => each.startsWith(`${sandboxUnitVariable}=`));
    return entry?.slice(sandboxUnitVariable.length + 1);
  } catch {
    // Gone, or another user's: then it is none of ours.
    return undefined;
  }
}

/** Signal processes; those that are gone already are no concern. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
