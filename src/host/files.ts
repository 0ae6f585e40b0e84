import { constants } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { lchown, lstat, mkdir, open, readdir, readlink, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Account } from './account.ts';

/** What `lstat` says of a path, enough to see that something changed. */
export interface FileFacts {
  kind: 'file' | 'directory' | 'link' | 'other';
  size: number;
  /** Milliseconds since 1970. */
  modified: number;
  inode: bigint;
  device: bigint;
  uid: number;
  mode: number;
  /** Changes when the file is replaced, written or renamed: inode, size and both times in nanoseconds. */
  fingerprint: string;
}

/** One step on the way to a file: a folder, a link, or the file itself. */
export interface WayStep {
  path: string;
  facts: FileFacts;
}

/** Room on a file system, for whoever asks. */
export interface Room {
  /** Bytes. */
  free: number;
  /** Files that can still be made; undefined where the file system does not count them. */
  inodes: number | undefined;
  device: bigint;
}

/** What went wrong with a file, in words for a message, with the path. */
export class FileProblem extends Error {
  override readonly name = 'FileProblem';
  readonly code: string;

  constructor(path: string, code: string, words: string) {
    super(`${path}: ${words}`);
    this.code = code;
  }
}

const words: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'no permission',
  EPERM: 'not permitted',
  ELOOP: 'is a symbolic link, which is not followed',
  ENOTDIR: 'a part of the path is not a folder',
  EISDIR: 'is a folder',
  ENAMETOOLONG: 'the name is too long',
  EFBIG: 'it would become larger than it may be',
  ENOSPC: 'no space left',
  EROFS: 'the file system is read-only',
  EIO: 'input/output error',
};

export function fileProblem(path: string, error: unknown): FileProblem {
  if (error instanceof FileProblem) return error;
  const code = (error as NodeJS.ErrnoException).code ?? 'UNKNOWN';
  return new FileProblem(path, code, words[code] ?? code);
}

export interface Files {
  /** @returns undefined where there is nothing. Follows no link in the last part. @throws FileProblem */
  look(path: string): Promise<FileFacts | undefined>;
  /**
   * The text of a file that belongs to the host (not to a user): a regular file, no link, not longer than `maxSize`.
   *
   * @throws FileProblem
   */
  read(path: string, maxSize: number): Promise<string>;
  /** The names in a folder of the host's own; none where there is no folder. @throws FileProblem */
  names(path: string): Promise<string[]>;
  /** As `look`, at the end of all links. For files of the host only, like the global binary that npm links. @throws FileProblem */
  lookThrough(path: string): Promise<FileFacts | undefined>;
  /**
   * Make sure that this account has a folder of its own here, closed to all others (0700). The parent must belong to
   * the host, so that no user can swap what is being given away.
   *
   * @throws FileProblem
   */
  ensureFolderFor(path: string, account: Account): Promise<void>;
  /**
   * Write a small file of the host's own, whole or not at all: by a temporary name beside it. Makes its folder.
   *
   * @param mode 0644 without one.
   * @throws FileProblem
   */
  write(path: string, text: string, mode?: number): Promise<void>;
  /** Remove a file of the host's own, if it is there. @throws FileProblem */
  remove(path: string): Promise<void>;
  /** Remove what a writer of this file left beside it that was killed. @throws FileProblem */
  tidy(path: string): Promise<void>;
  /** Bytes that the caller could still write on the file system of this path. @throws FileProblem */
  free(path: string): Promise<number>;
  /** As `free`, with what else may run out. @throws FileProblem */
  room(path: string): Promise<Room>;
  /**
   * Every folder and link that is walked through to a file of the host, from `/` on, and the file itself: whoever may
   * write to one of them decides what the file is. @throws FileProblem
   */
  way(path: string): Promise<WayStep[]>;
}

/**
 * What is being written. The same name each time, so that one that was cut off is written over by the next; hidden from the
 * host's own scripts, which take every name in a folder of deferrals for a user's.
 */
const partialOf = (path: string): string => join(dirname(path), `.${basename(path)}.t3-cockpit`);

/** So many links are followed to one file (path_resolution(7)). */
const mostLinks = 40;

export const systemFiles: Files = {
  look: (path) => facts(path, () => lstat(path, { bigint: true })),

  async names(path) {
    try {
      return await readdir(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw fileProblem(path, error);
    }
  },

  lookThrough: (path) => facts(path, () => stat(path, { bigint: true })),

  async read(path, maxSize) {
    try {
      // O_NONBLOCK: to open a FIFO that was put there must not hang; it is then refused as no regular file.
      const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        const found = await handle.stat();
        if (!found.isFile()) throw new FileProblem(path, 'EINVAL', 'is not a regular file');
        if (found.size > maxSize) throw new FileProblem(path, 'EFBIG', `is larger than ${maxSize} bytes`);
        return await handle.readFile('utf8');
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw fileProblem(path, error);
    }
  },

  async write(path, text, mode = 0o644) {
    const partial = partialOf(path);
    try {
      const made = await mkdir(dirname(path), { recursive: true, mode: 0o755 });
      const handle = await open(
        partial,
        constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW,
        mode,
      );
      try {
        await handle.writeFile(text);
        // Whatever the umask of whoever calls.
        await handle.chmod(mode);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(partial, path);
      await syncFolder(dirname(path));
      if (made === undefined) return;
      // The folders that were made for it must not be gone with it after a loss of power.
      for (let at = dirname(path); at.startsWith(made); at = dirname(at)) await syncFolder(dirname(at));
    } catch (error) {
      // Why it could not be written is what is told; what cannot be removed either is written over by the next one.
      await rm(partial, { force: true }).catch(() => undefined);
      throw fileProblem(path, error);
    }
  },

  async remove(path) {
    try {
      await rm(path);
      await syncFolder(dirname(path));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw fileProblem(path, error);
    }
  },

  async tidy(path) {
    try {
      await rm(partialOf(path), { force: true });
    } catch (error) {
      throw fileProblem(path, error);
    }
  },

  async ensureFolderFor(path, account) {
    try {
      const parent = await lstat(dirname(path));
      if (!parent.isDirectory()) throw new FileProblem(dirname(path), 'ENOTDIR', 'is not a folder');
      if (parent.uid !== process.getuid?.())
        throw new FileProblem(dirname(path), 'EPERM', 'does not belong to the user who runs this');
      if ((parent.mode & 0o022) !== 0)
        throw new FileProblem(dirname(path), 'EPERM', 'may be written by others');
      await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
      const folder = await lstat(path);
      if (!folder.isDirectory()) throw new FileProblem(path, 'ENOTDIR', 'is not a folder');
      // Just made, or made by one of us who was killed before the next line.
      if (folder.uid === process.getuid?.()) await lchown(path, account.uid, account.gid);
      else if (folder.uid !== account.uid)
        throw new FileProblem(path, 'EPERM', `does not belong to ${account.name}`);
      // What is vouched for later lies in it: a loss of power must not take the folder away from under a snapshot.
      await syncFolder(dirname(path));
    } catch (error) {
      throw fileProblem(path, error);
    }
  },

  async free(path) {
    try {
      const { bavail, bsize } = await statfs(path);
      return bavail * bsize;
    } catch (error) {
      throw fileProblem(path, error);
    }
  },

  async room(path) {
    try {
      const [{ bavail, bsize, ffree, files }, { dev }] = await Promise.all([
        statfs(path),
        stat(path, { bigint: true }),
      ]);
      return { free: bavail * bsize, inodes: files === 0 ? undefined : ffree, device: dev };
    } catch (error) {
      throw fileProblem(path, error);
    }
  },

  async way(path) {
    const walk = async (at: string): Promise<WayStep> => {
      const found = await this.look(at);
      if (found === undefined) throw fileProblem(at, { code: 'ENOENT' });
      return { path: at, facts: found };
    };
    const steps = [await walk('/')];
    const rest = path.split('/');
    let folder = '/';
    let links = 0;
    for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
      if (part === '' || part === '.') continue;
      if (part === '..') {
        folder = dirname(folder);
        continue;
      }
      const step = await walk(join(folder, part));
      steps.push(step);
      if (step.facts.kind === 'link') {
        if ((links += 1) > mostLinks) throw new FileProblem(path, 'ELOOP', 'leads through too many links');
        const target = await readlink(step.path).catch((error: unknown) => {
          throw fileProblem(step.path, error);
        });
        if (target.startsWith('/')) folder = '/';
        rest.unshift(...target.split('/'));
      } else folder = step.path;
    }
    return steps;
  },
};

async function facts(path: string, ask: () => Promise<BigIntStats>): Promise<FileFacts | undefined> {
  try {
    const found = await ask();
    return {
      kind: found.isFile()
        ? 'file'
        : found.isDirectory()
          ? 'directory'
          : found.isSymbolicLink()
            ? 'link'
            : 'other',
      size: Number(found.size),
      modified: Number(found.mtimeMs),
      inode: found.ino,
      device: found.dev,
      uid: Number(found.uid),
      mode: Number(found.mode & 0o7777n),
      fingerprint: `${found.dev}:${found.ino}:${found.size}:${found.mtimeNs}:${found.ctimeNs}`,
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fileProblem(path, error);
  }
}

/** fsync(2) of a folder's entries: until then a new name in it, or a removed one, may be gone or back after a loss of power. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
