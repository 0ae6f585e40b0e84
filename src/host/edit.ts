import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { minimalEnvironment } from './commands.ts';
import { FileProblem, fileProblem } from './files.ts';
import { modeOf, move, remove, requireNoLinks, requirePlainFile, sync } from './owned.ts';

/** Small files that belong to somebody, changed as that user; for processes that have dropped to them. */

/** git(1) may be asked of a checkout on a slow disk, milliseconds. */
const gitPatience = 20_000;

/** The bytes of a file as they are, and what tells whether it is still the same one later. */
export interface Opened {
  bytes: Buffer;
  inode: number;
  changed: number;
}

const partialOf = (file: string) => path.join(path.dirname(file), `.${path.basename(file)}.t3-cockpit`);

/** Remove what an edit that was cut off has left beside a file. @throws FileProblem */
export function clearEdit(file: string, base: string): void {
  requireNoLinks(path.dirname(file), base);
  remove(partialOf(file));
}

/** Read a regular file that is reached through no link below `base`. @throws FileProblem */
export function openForEdit(file: string, base: string, maxSize: number): Opened {
  requirePlainFile(file, base);
  try {
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(descriptor);
      if (!stat.isFile()) throw new FileProblem(file, 'EINVAL', 'is not a regular file');
      if (stat.size > maxSize) throw new FileProblem(file, 'EFBIG', `is larger than ${maxSize} bytes`);
      return { bytes: readFileSync(descriptor), inode: stat.ino, changed: stat.ctimeMs };
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw fileProblem(file, error);
  }
}

/**
 * Give a file other contents, whole or not at all, with the mode that it has.
 *
 * @throws FileProblem when somebody has changed it since it was opened.
 */
export function replaceContents(file: string, before: Opened, bytes: Buffer): void {
  const partial = partialOf(file);
  try {
    remove(partial);
    const descriptor = openSync(
      partial,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    );
    try {
      // Not writeSync: on a disk that is almost full that writes some of it, and says how much.
      writeFileSync(descriptor, bytes);
      // Before it is flushed: after a loss of power a script must not have lost its right to be run.
      fchmodSync(descriptor, modeOf(file));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    const now = lstatSync(file);
    if (now.ino !== before.inode || now.ctimeMs !== before.changed)
      throw new FileProblem(file, 'EBUSY', 'was edited meanwhile');
    move(partial, file);
    sync(path.dirname(file));
  } catch (error) {
    remove(partial);
    throw fileProblem(file, error);
  }
}

/**
 * What git has of a file: as it was committed last. Undefined where it is in no checkout, or was never committed.
 *
 * @throws FileProblem when git cannot tell.
 */
export function committed(file: string): Buffer | undefined {
  const git = (...args: string[]) =>
    spawnSync('git', ['-C', path.dirname(file), ...args], {
      env: { ...minimalEnvironment, HOME: process.env['HOME'] ?? '/nonexistent' },
      timeout: gitPatience,
      maxBuffer: 16 * 1024 * 1024,
    });
  const inside = git('rev-parse', '--is-inside-work-tree');
  if (inside.error !== undefined && (inside.error as NodeJS.ErrnoException).code === 'ENOENT')
    return undefined;
  if (inside.error !== undefined)
    throw new FileProblem(file, 'EIO', `git cannot tell: ${inside.error.message}`);
  // It ends alike where there is no checkout, and where there is one that it cannot read: only the words tell.
  if (inside.status !== 0 && /not a git repository/.test(inside.stderr.toString())) return undefined;
  if (inside.status !== 0) throw new FileProblem(file, 'EIO', `git cannot tell: ${firstLine(inside.stderr)}`);
  const shown = git('show', `HEAD:./${path.basename(file)}`);
  if (shown.error !== undefined)
    throw new FileProblem(file, 'EIO', `git cannot tell: ${shown.error.message}`);
  return shown.status === 0 ? shown.stdout : undefined;
}

const firstLine = (text: Buffer) => text.toString().split('\n')[0] ?? '';
