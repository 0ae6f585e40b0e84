import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  chmod,
  copyFile,
  link,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readlink,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileProblem } from './files.ts';

/** Whole folders of the host's own, like an installed package; never a user's. */
export interface Trees {
  /** Make a folder that others may look into (0755), and those above it. @throws FileProblem */
  make(folder: string): Promise<void>;
  /** Work in an empty folder, closed to others, that is gone afterwards, however that ends. @throws FileProblem */
  temporarily<Result>(work: (folder: string) => Promise<Result>): Promise<Result>;
  /** Remove a folder with all that is in it, if it is there; links are not followed. @throws FileProblem */
  remove(folder: string): Promise<void>;
  /** Give a finished folder its name; what has that name now is removed. @throws FileProblem */
  replace(from: string, to: string): Promise<void>;
  /**
   * Make up for a `replace` that was cut off, or never came to be: `from` is gone, and what has the name `to` is whole.
   *
   * @throws FileProblem
   */
  settle(from: string, to: string): Promise<void>;
  /**
   * SHA-256, in hex, over everything in a folder: names, kinds, modes, contents, where links lead. Two folders with the
   * same one hold the same program.
   *
   * @param except Names directly in it that do not count.
   * @throws FileProblem
   */
  digest(folder: string, except?: readonly string[]): Promise<string>;
  /** Where a symbolic link leads, as it says it; undefined where it is none, or there is nothing. @throws FileProblem */
  leadsTo(file: string): Promise<string | undefined>;
  /** Make a path a symbolic link, in place of whatever file or link it is, by one rename(2). @throws FileProblem */
  point(file: string, target: string): Promise<void>;
  /** Give a file a second name (link(2)); one that has it already keeps it. @throws FileProblem */
  second(file: string, name: string): Promise<void>;
  /** Copy a program, whole or not at all. @throws FileProblem */
  copy(from: string, to: string): Promise<void>;
  /** Give a file another name, in place of whatever file has that (rename(2)). @throws FileProblem */
  move(from: string, to: string): Promise<void>;
  /** What is in a folder. @throws FileProblem */
  names(folder: string): Promise<string[]>;
  /** The checksum of a file as npm writes it: `sha512-…` (Subresource Integrity). @throws FileProblem */
  integrity(file: string): Promise<string>;
}

/** What `replace` moves out of the way. */
const outgoing = (from: string) => `${from}.old`;

export const systemTrees: Trees = {
  async make(folder) {
    try {
      const first = await mkdir(folder, { recursive: true, mode: 0o755 });
      // Whatever the umask of whoever calls.
      if (first === undefined) return;
      for (let at = folder; at.startsWith(first); at = path.dirname(at)) {
        await chmod(at, 0o755);
        // What is put into it must not be gone with it after a loss of power.
        await sync(path.dirname(at));
      }
    } catch (error) {
      throw fileProblem(folder, error);
    }
  },

  async temporarily(work) {
    const parent = os.tmpdir();
    const folder = await mkdtemp(path.join(parent, 't3-cockpit-')).catch((error: unknown) => {
      throw fileProblem(parent, error);
    });
    try {
      return await work(folder);
    } finally {
      await removeAll(folder);
    }
  },

  async remove(folder) {
    try {
      if (!(await isThere(folder))) return;
      await removeAll(folder);
      await sync(path.dirname(folder));
    } catch (error) {
      throw fileProblem(folder, error);
    }
  },

  async replace(from, to) {
    try {
      if (await isThere(to)) await rename(to, outgoing(from));
      await rename(from, to);
      await sync(path.dirname(to));
      await this.remove(outgoing(from));
    } catch (error) {
      throw fileProblem(to, error);
    }
  },

  async settle(from, to) {
    try {
      if (!(await isThere(to)) && (await isThere(outgoing(from)))) {
        await rename(outgoing(from), to);
        await sync(path.dirname(to));
      }
      for (const left of [from, outgoing(from)]) await this.remove(left);
    } catch (error) {
      throw fileProblem(to, error);
    }
  },

  async digest(folder, except = []) {
    const hash = createHash('sha256');
    const walk = async (relative: string): Promise<void> => {
      const names = (await readdir(path.join(folder, relative))).filter(
        (name) => relative !== '' || !except.includes(name),
      );
      // By code unit: the order must not depend on a locale.
      for (const name of names.toSorted()) {
        const at = path.join(relative, name);
        const whole = path.join(folder, at);
        const found = await lstat(whole);
        const mode = (found.mode & 0o7777).toString(8);
        if (found.isSymbolicLink()) hash.update(`l ${JSON.stringify([at, await readlink(whole)])}\n`);
        else if (found.isDirectory()) {
          hash.update(`d ${mode} ${JSON.stringify(at)}\n`);
          await walk(at);
        } else if (found.isFile()) {
          hash.update(`f ${mode} ${found.size} ${JSON.stringify(at)}\n`);
          for await (const chunk of createReadStream(whole)) hash.update(chunk as Buffer);
        } else throw fileProblem(whole, { code: 'is neither a file nor a folder nor a link' });
      }
    };
    try {
      await walk('');
    } catch (error) {
      throw fileProblem(folder, error);
    }
    return hash.digest('hex');
  },

  async leadsTo(file) {
    try {
      return await readlink(file);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EINVAL' || code === 'ENOENT') return undefined;
      throw fileProblem(file, error);
    }
  },

  async point(file, target) {
    const fresh = `${file}.t3-cockpit-new`;
    try {
      await rm(fresh, { force: true });
      await symlink(target, fresh);
      await rename(fresh, file);
      await sync(path.dirname(file));
    } catch (error) {
      await forget(fresh);
      throw fileProblem(file, error);
    }
  },

  async second(file, name) {
    try {
      await link(file, name);
      await sync(path.dirname(name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw fileProblem(name, error);
      const [one, other] = await Promise.all([lstat(file), lstat(name)]);
      if (one.ino !== other.ino || one.dev !== other.dev) throw fileProblem(name, error);
    }
  },

  async copy(from, to) {
    const fresh = `${to}.t3-cockpit-new`;
    try {
      await copyFile(from, fresh);
      await chmod(fresh, (await stat(from)).mode & 0o7777);
      await sync(fresh);
      await rename(fresh, to);
      await sync(path.dirname(to));
    } catch (error) {
      await forget(fresh);
      throw fileProblem(to, error);
    }
  },

  async move(from, to) {
    try {
      await rename(from, to);
      await sync(path.dirname(to));
    } catch (error) {
      throw fileProblem(from, error);
    }
  },

  async names(folder) {
    try {
      return await readdir(folder);
    } catch (error) {
      throw fileProblem(folder, error);
    }
  },

  async integrity(file) {
    const hash = createHash('sha512');
    try {
      for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
    } catch (error) {
      throw fileProblem(file, error);
    }
    return `sha512-${hash.digest('base64')}`;
  },
};

/** fsync(2) of a file, or of a folder's entries. */
async function sync(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Why it did not come to be is what is told; what cannot be removed either is written over by the next one. */
const forget = (fresh: string): Promise<void> => rm(fresh, { force: true }).catch(() => undefined);

async function removeAll(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch (error) {
    throw fileProblem(folder, error);
  }
}

async function isThere(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
