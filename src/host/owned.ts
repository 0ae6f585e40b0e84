import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { copyFile, open } from 'node:fs/promises';
import path from 'node:path';
import { FileProblem, fileProblem } from './files.ts';

/**
 * File work inside a user's folders, for processes that have dropped to that user (design: whatever touches a user's
 * files runs as that user). Synchronous on purpose: such a process does one thing and ends. Links are refused rather
 * than followed; a link swapped in afterwards leads nowhere that the user could not go without us.
 */

/** How often it is told how far a copy is, milliseconds. */
const copyInterval = 150;

/** Refuse a path that goes through a link below `base`, and whatever is no regular file at its end. */
export function requirePlainFile(file: string, base: string): void {
  requireNoLinks(path.dirname(file), base);
  const stat = lookAt(file);
  if (stat.isSymbolicLink())
    throw new FileProblem(file, 'ELOOP', 'is a symbolic link, which is not followed');
  if (!stat.isFile()) throw new FileProblem(file, 'EINVAL', 'is not a regular file');
}

/** Refuse a folder that is reached through a link below `base`. */
export function requireNoLinks(folder: string, base: string): void {
  const relative = path.relative(base, folder);
  if (relative.startsWith('..')) throw new FileProblem(folder, 'EINVAL', `is not below ${base}`);
  let at = base;
  for (const part of relative === '' ? [] : relative.split('/')) {
    at = path.join(at, part);
    const stat = lookAt(at);
    if (stat.isSymbolicLink())
      throw new FileProblem(at, 'ELOOP', 'is a symbolic link, which is not followed');
    if (!stat.isDirectory()) throw new FileProblem(at, 'ENOTDIR', 'is not a folder');
  }
}

/** Make sure that a real folder of this user's own is there, closed to all others (0700). */
export function ensureOwnFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw fileProblem(folder, error);
  }
  const stat = lookAt(folder);
  if (stat.isSymbolicLink())
    throw new FileProblem(folder, 'ELOOP', 'is a symbolic link, which is not followed');
  if (!stat.isDirectory()) throw new FileProblem(folder, 'ENOTDIR', 'is not a folder');
  if (stat.uid !== process.getuid?.()) throw new FileProblem(folder, 'EPERM', 'belongs to another user');
}

/**
 * Open a regular file for reading, and nothing else. What has taken its name since it was looked at is refused; a FIFO
 * among that would otherwise keep us waiting for a writer for ever.
 */
function openPlain(file: string): number {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  if (fstatSync(descriptor).isFile()) return descriptor;
  closeSync(descriptor);
  throw new FileProblem(file, 'EINVAL', 'is not a regular file');
}

/** The name of an open file for functions that want one: of that file, whatever becomes of its own name. */
const opened = (descriptor: number) => `/proc/self/fd/${descriptor}`;

/** fsync(2) of a file's contents, or of a folder's entries. */
export function sync(target: string): void {
  try {
    const descriptor = openSync(target, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw fileProblem(target, error);
  }
}

/** Write a new small file and have it on the disk; an existing one is an error. */
export function writeNew(file: string, text: string): void {
  try {
    const descriptor = openSync(
      file,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    );
    try {
      // Not writeSync: on a disk that is almost full that writes some of it, and says how much.
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw fileProblem(file, error);
  }
}

/** Give a finished file its name. Refuses to replace anything. The folder's fsync is the caller's. */
export function publish(from: string, to: string): void {
  if (existsSync(to)) throw new FileProblem(to, 'EEXIST', 'exists already, and is not replaced');
  try {
    renameSync(from, to);
  } catch (error) {
    throw fileProblem(from, error);
  }
}

/** Give a file of ours a second name. One that has it already keeps it; nothing is replaced. */
export function alias(file: string, second: string): void {
  try {
    linkSync(file, second);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw fileProblem(second, error);
  }
}

/** Copy a file, sharing its blocks where the file system can. Replaces nothing. */
export function copyOwn(from: string, to: string): void {
  try {
    const source = openPlain(from);
    try {
      copyFileSync(opened(source), to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    } finally {
      closeSync(source);
    }
  } catch (error) {
    throw fileProblem(to, error);
  }
}

/** As `copyOwn`, telling the bytes that are there already. */
export async function copyWhole(from: string, to: string, onProgress: (done: number) => void): Promise<void> {
  onProgress(0);
  const watch = setInterval(() => onProgress(sizeOf(to)), copyInterval);
  try {
    const source = openPlain(from);
    try {
      await copyFile(opened(source), to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    } finally {
      closeSync(source);
    }
  } catch (error) {
    throw fileProblem(to, error);
  } finally {
    clearInterval(watch);
  }
}

/** Give a file a second name, which nothing may have but the file itself. */
export function link(file: string, second: string): void {
  try {
    linkSync(file, second);
  } catch (error) {
    const [one, other] = [lookAt(file), lstatSync(second, { throwIfNoEntry: false })];
    if (other !== undefined && one.ino === other.ino && one.dev === other.dev) return;
    throw fileProblem(second, error);
  }
}

/** Give a file another name in place of its own, and of whatever has that (rename(2)). */
export function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    throw fileProblem(from, error);
  }
}

export function chmodOwn(file: string, mode: number): void {
  try {
    chmodSync(file, mode);
  } catch (error) {
    throw fileProblem(file, error);
  }
}

/** The first bytes of a file, or as many as it has. */
export function startOf(file: string, length: number): Buffer {
  try {
    const descriptor = openPlain(file);
    try {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(descriptor, bytes, 0, length, 0));
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw fileProblem(file, error);
  }
}

/** The permission bits of a file. */
export function modeOf(file: string): number {
  return lookAt(file).mode & 0o777;
}

/** Keep this thread waiting, milliseconds. */
export function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Remove a folder with all that is in it, if it is there; links in it are removed, not followed. */
export function removeFolder(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    throw fileProblem(folder, error);
  }
}

/** Remove a file, if it is there. */
export function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch (error) {
    throw fileProblem(file, error);
  }
}

/**
 * Remove this file and no other: one of this size and checksum. The file that was read is the one that goes.
 *
 * @throws FileProblem when it is anything else; it is left alone then.
 */
export async function removeExactly(
  file: string,
  expected: { bytes: number; sha256: string },
  onProgress: (done: number) => void,
): Promise<void> {
  const other = (words: string) => new FileProblem(file, 'EINVAL', `${words}: it is left alone`);
  const before = lookAt(file);
  if (!before.isFile()) throw other('is not a regular file');
  if (before.size !== expected.bytes) throw other('does not have the size that was recorded');
  if ((await sha256(file, onProgress)) !== expected.sha256)
    throw other('does not have the checksum that was recorded');
  const after = lookAt(file);
  if (after.dev !== before.dev || after.ino !== before.ino || after.mtimeMs !== before.mtimeMs)
    throw other('was changed while it was read');
  remove(file);
}

/** The text of a small regular file. */
export function readOwn(file: string, maxSize: number): string {
  try {
    const descriptor = openPlain(file);
    try {
      if (fstatSync(descriptor).size > maxSize)
        throw new FileProblem(file, 'EFBIG', `is larger than ${maxSize} bytes`);
      return readFileSync(descriptor, 'utf8');
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw fileProblem(file, error);
  }
}

export interface FolderEntry {
  name: string;
  bytes: number;
  /** Milliseconds since 1970. */
  modified: number;
}

/** The regular files of a folder, without links and all else; undefined where there is no such folder. */
export function listOwn(folder: string, limit: number): FolderEntry[] | undefined {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fileProblem(folder, error);
  }
  if (names.length > limit) throw new FileProblem(folder, 'EFBIG', `holds more than ${limit} files`);
  return names.flatMap((name): FolderEntry[] => {
    const stat = lstatSync(path.join(folder, name), { throwIfNoEntry: false });
    return stat?.isFile() === true ? [{ name, bytes: stat.size, modified: Math.round(stat.mtimeMs) }] : [];
  });
}

/** SHA-256 of a file, in hex, telling the bytes done as it goes. */
export async function sha256(file: string, onProgress: (done: number) => void): Promise<string> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error: unknown) => {
      throw fileProblem(file, error);
    },
  );
  try {
    if (!(await handle.stat()).isFile()) throw new FileProblem(file, 'EINVAL', 'is not a regular file');
    const hash = createHash('sha256');
    let done = 0;
    for await (const chunk of handle.createReadStream({ highWaterMark: 1024 * 1024, autoClose: false })) {
      hash.update(chunk as Buffer);
      done += (chunk as Buffer).length;
      onProgress(done);
    }
    return hash.digest('hex');
  } finally {
    await handle.close();
  }
}

/** Has this file as many bytes as this process may give any (setrlimit(2), RLIMIT_FSIZE)? Node ignores the signal. */
export function isAtCeiling(file: string): boolean {
  const ceiling = /^Max file size +(\d+) /m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  // What is written last may be a whole page of a database, which did not fit.
  return ceiling !== undefined && sizeOf(file) > Number(ceiling) - 64 * 1024;
}

/** Is there anything by this name, a link to nothing included? */
export function isThere(target: string): boolean {
  return lstatSync(target, { throwIfNoEntry: false }) !== undefined;
}

/** The bytes that a file has now, 0 where there is none (yet). */
export function sizeOf(file: string): number {
  return lstatSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function lookAt(target: string) {
  try {
    return lstatSync(target);
  } catch (error) {
    throw fileProblem(target, error);
  }
}
