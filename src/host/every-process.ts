import { readdirSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';

/** So many processes are looked at before anything else gets its turn: about a millisecond. */
const slice = 64;

/**
 * Look at every process. Synchronously, for what /proc says lies in memory, and to ask for it through Node's thread pool
 * costs six times the CPU (measured with 150 processes: 10.5 ms against 1.7); in slices, so that nobody waits for it.
 *
 * @param look Undefined for one that is not meant, or is gone.
 * @returns what was found, in the order of the ids as the kernel gives them.
 */
export async function ofEveryProcess<Found>(look: (pid: number) => Found | undefined): Promise<Found[]> {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const found: Found[] = [];
  for (const [index, pid] of pids.entries()) {
    if (index > 0 && index % slice === 0) await turn();
    const one = look(Number(pid));
    if (one !== undefined) found.push(one);
  }
  return found;
}
