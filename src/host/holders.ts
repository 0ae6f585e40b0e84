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
  return descriptors.some((descriptor) => {
    try {
      const found = statSync(`/proc/${pid}/fd/${descriptor}`, { bigint: true, throwIfNoEntry: false });
      return found !== undefined && wanted.has(`${found.dev}:${found.ino}`);
    } catch (error) {
      // Closed in the meantime; or a file on a file system that only its user may look at, which a home is not.
      const { code = '' } = error as NodeJS.ErrnoException;
      if (gone.has(code) || code === 'EACCES' || code === 'ENOTCONN') return false;
      throw error;
    }
  });
}

function holder(pid: number): Holder | undefined {
  try {
    const { uid } = statSync(`/proc/${pid}`);
    return { pid, uid, name: readFileSync(`/proc/${pid}/comm`, 'utf8').trim() };
  } catch (error) {
    if (gone.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
