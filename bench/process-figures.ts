import { readFileSync } from 'node:fs';

/** Clock ticks a second of proc_pid_stat(5); 100 on every Linux that Node runs on. */
const ticks = 100;

/** The CPU time of a process and of its children that have ended, in milliseconds. */
export function cpuOf(pid: number): { own: number; children: number } {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const at = (field: number) => (Number(fields[field - 3]) * 1000) / ticks;
  return { own: at(14) + at(15), children: at(16) + at(17) };
}

/** Bytes of it that are in memory. */
export function memoryOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}
