import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second of proc_pid_stat(5); 100 on every Linux that Node runs on. */
const ticks = 100;

/** The CPU time of a process and of its children that have ended, in milliseconds. */
export function cpuOf(pid: number): { own: number; children: number } {
  const fields = statOf(pid);
  const at = (field: number) => (Number(fields[field - 3]) * 1000) / ticks;
  return { own: at(14) + at(15), children: at(16) + at(17) };
}

/** Bytes of it that are in memory. */
export function memoryOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}

/** A process with everything that it has started and that has not ended, as pids. */
export function treeOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      parents.set(Number(name), Number(statOf(Number(name))[1]));
    } catch {
      // It has ended meanwhile.
    }
  }
  const tree = [pid];
  for (const member of tree) for (const [child, parent] of parents) if (parent === member) tree.push(child);
  return tree;
}

/** The CPU time of a process and of all that it has started, ended or not, in milliseconds. */
export function cpuOfTree(pid: number): number {
  return sum(treeOf(pid), (member) => {
    const { own, children } = cpuOf(member);
    return own + children;
  });
}

/** Bytes in memory; what it shares with others counts by its share (PSS). Only root may ask that of others' processes. */
export function shareOf(pid: number): number {
  const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

/** Bytes in memory that a process and all that it has started take, each by its share. */
export const shareOfTree = (pid: number): number => sum(treeOf(pid), shareOf);

function sum(pids: readonly number[], of: (pid: number) => number): number {
  return pids.reduce((total, pid) => {
    try {
      return total + of(pid);
    } catch {
      // It has ended meanwhile: its CPU time is its parent's now.
      return total;
    }
  }, 0);
}

/** The fields of proc_pid_stat(5) from the third on: the second one is a name that may hold anything. */
function statOf(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}
