import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { single, type Figure } from './figures.ts';

/** How often it is looked who lives, milliseconds: a process that lives shorter is seen only now and then. */
const interval = 200;

/** After so many looks a process is what it is. */
const settled = 5;

/** The doors and programs of this program, wherever they are installed; the stand-ins are not ours to be thrifty with. */
const program = /\/(?:dist|t3-cockpit-bench)\/([a-z-]+)\.js$|\/bin\/(t3-cockpit)\.js$/;

/**
 * Watch the memory of every process of this program until the returned function is called, which says for each kind of
 * process how much the single ones had at most (VmHWM, which counts what they share with others as well).
 *
 * @param homes Folders of programs: those of other checkouts do not count.
 */
export function watchMemory(homes: readonly string[]): () => Figure[] {
  const known = new Map<number, { kind: string | undefined; looks: number }>();
  const most = new Map<string, Map<number, number>>();
  const look = () => {
    const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
    const living = new Set(pids);
    for (const pid of known.keys()) if (!living.has(pid)) known.delete(pid);
    for (const pid of pids) {
      const before = known.get(pid);
      // What has just been forked is called what its parent is called, until it starts its own program.
      const kind = before === undefined || before.looks < settled ? kindOf(pid, homes) : before.kind;
      known.set(pid, { kind, looks: (before?.looks ?? 0) + 1 });
      const bytes = kind === undefined ? undefined : peakOf(pid);
      if (kind === undefined || bytes === undefined) continue;
      const peaks = most.get(kind) ?? new Map<number, number>();
      most.set(kind, peaks.set(pid, bytes));
    }
  };
  const timer = setInterval(look, interval);
  return () => {
    clearInterval(timer);
    return [...most]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([kind, peaks]) =>
        single(`memory of one process, at most: ${kind}`, 'bytes', Math.max(...peaks.values())),
      );
  };
}

function kindOf(pid: number, homes: readonly string[]): string | undefined {
  const argv = read(`/proc/${pid}/cmdline`)?.split('\0') ?? [];
  for (const word of argv) {
    const [, entry, door] = program.exec(word) ?? [];
    const kind = entry ?? door;
    if (kind === undefined || kind.startsWith('stand-in') || kind === 'supervisor') continue;
    if (homes.some((home) => word.startsWith(`${home}${path.sep}`))) return kind;
  }
  return undefined;
}

function peakOf(pid: number): number | undefined {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/** Processes end while one looks. */
function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
