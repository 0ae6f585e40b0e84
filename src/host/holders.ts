import { readFileSync, readdirSync, statSync } from 'node:fs';
import { ofEveryProcess } from './every-process.ts';

/** A file, whatever its name: what a process has open is this, and not a path. */
export interface FileIdentity {
  device: bigint;
  inode: bigint;
}

/** A process that has a file open. */
export interface Holder {
  pid: number;
  uid: number;
  /** As it calls itself, at most 15 characters: hostile. */
  name: string;
}

/**
 * The processes that have one of these files open. As root, of all users; else of our own (those of others have no
 * way into files that are closed to all but us).
 *
 * @throws when a process cannot be looked into that might have one: that nobody has it open is then not known.
 */
export async function holdersOf(files: readonly FileIdentity[]): Promise<Holder[]> {
  const wanted = new Set(files.map(({ device, inode }) => `${device}:${inode}`));
  if (wanted.size === 0) return [];
  return ofEveryProcess((pid) => (holds(pid, wanted) ? holder(pid) : undefined));
}

/** What is mounted for one user alone, which a home is not. */
const closedToRoot: ReadonlySet<string> = new Set(['EACCES', 'ENOTCONN']);

/** Gone in the meantime. */
const gone: ReadonlySet<string> = new Set(['ENOENT', 'ESRCH']);

function holds(pid: number, wanted: ReadonlySet<string>): boolean {
  let descriptors: string[];
  try {
    descriptors = readdirSync(`/proc/${pid}/fd`);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    // Another user's, and we are not root: see above.
    if (gone.has(code) || (code === 'EACCES' && process.getuid?.() !== 0)) return false;
    throw error;
  }
  const devices = new Set([...wanted].map((each) => BigInt(each.split(':')[0] ?? '')));
  return descriptors.some((descriptor) => {
    try {
      const found = statSync(`/proc/${pid}/fd/${descriptor}`, { bigint: true, throwIfNoEntry: false });
      return found !== undefined && wanted.has(`${found.dev}:${found.ino}`);
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (gone.has(code)) return false;
      // Its file system does not say: one that only its user may look at, or whose server is away. The kernel still knows
      // on which device it lies; on another one than ours is none of ours, whoever has mounted it.
      const device = deviceOf(pid, descriptor);
      if (device === undefined ? closedToRoot.has(code) : !devices.has(device)) return false;
      throw error;
    }
  });
}

/**
 * The device of what a process has open, by the kernel's own words (proc_pid_fdinfo(5), proc_pid_mountinfo(5)): no file
 * system is asked. Of one with volumes of its own it is not that of stat(2).
 *
 * @returns undefined where it does not say.
 */
export function deviceOf(pid: number, descriptor: string): bigint | undefined {
  try {
    const mount = /^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, 'utf8'))?.[1];
    const line = new RegExp(`^${mount} \\d+ (\\d+):(\\d+) `, 'm').exec(
      readFileSync(`/proc/${pid}/mountinfo`, 'utf8'),
    );
    return line === null ? undefined : deviceNumber(BigInt(line[1] ?? ''), BigInt(line[2] ?? ''));
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (gone.has(code) || code === 'EACCES') return undefined;
    throw error;
  }
}

/** As stat(2) has it (makedev(3)). */
const deviceNumber = (major: bigint, minor: bigint): bigint =>
  ((major & 0xfffff000n) << 32n) |
  ((major & 0xfffn) << 8n) |
  ((minor & 0xffffff00n) << 12n) |
  (minor & 0xffn);

function holder(pid: number): Holder | undefined {
  try {
    const { uid } = statSync(`/proc/${pid}`);
    return { pid, uid, name: readFileSync(`/proc/${pid}/comm`, 'utf8').trim() };
  } catch (error) {
    if (gone.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
