import path from 'node:path';
import { Folders, type Folder, type Hearer } from './watched-folders.ts';

export interface Watch {
  /** Watch exactly these paths from now on; each is told once as soon as it is watched, for what happened before. */
  set(paths: readonly string[]): void;
  close(): Promise<void>;
}

/** Tells that something at one of the watched paths has changed, appeared or gone; which one, but not what. */
export type Watcher = (changed: (path: string) => void) => Watch;

/** What is told of one path in less than this is told once, milliseconds. */
const burst = 100;

/**
 * Watch files and folders of the host, by inotify(7) on folders alone: a file is watched through the folder that it is
 * in, so that it may be replaced, go and come; a folder that is not there through the nearest one above it. What cannot
 * be watched is told of never, and looked at on its cadence all the same.
 *
 * Some of the paths belong to users. A watched path that is a link is not followed, and no folder is ever listed: that
 * one holds a million files, or gets a thousand a second, costs the same as if it held one. (Measured with chokidar,
 * which lists them: 200,000 files in a folder took 3 s of CPU time and 100 MB, whatever the depth.)
 */
export const systemWatch: Watcher = (changed) => {
  const places = new Map<string, Place>();
  let closed = false;
  const folders = new Folders((folder) => places.has(folder));
  return {
    set(paths) {
      if (closed) return;
      const wanted = new Set(paths);
      for (const [each, place] of places) {
        if (wanted.has(each)) continue;
        places.delete(each);
        void place.close();
      }
      const added = [...wanted].filter((each) => !places.has(each));
      for (const each of added) places.set(each, new Place(each, folders, () => changed(each)));
      for (const each of added) places.get(each)?.begin();
    },
    async close() {
      closed = true;
      const all = [...places.values()];
      places.clear();
      await Promise.all(all.map((place) => place.close()));
    },
  };
};

/** A watched path, and the folders by which it is watched: itself if it is one, and the nearest there is above it. */
class Place implements Hearer {
  readonly #path: string;
  readonly #folders: Folders;
  readonly #tell: () => void;
  #joined = new Set<Folder>();
  #due: NodeJS.Timeout | undefined;
  /** Something came, went or was renamed on the way to it. */
  #moved = false;
  #work = Promise.resolve();
  #closed = false;

  constructor(place: string, folders: Folders, tell: () => void) {
    this.#path = place;
    this.#folders = folders;
    this.#tell = tell;
  }

  begin(): void {
    this.#moved = true;
    this.#work = this.#work.then(() => this.#turn());
  }

  hear(moved: boolean): void {
    this.#moved ||= moved;
    this.#due ??= setTimeout(() => {
      this.#due = undefined;
      this.#work = this.#work.then(() => this.#turn());
    }, burst);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#due);
    await this.#work;
    for (const folder of this.#joined) this.#leave(folder);
  }

  /** Tell only after the way has been watched anew: whoever looks then misses nothing. */
  async #turn(): Promise<void> {
    if (this.#moved && !this.#closed) {
      this.#moved = false;
      await this.#settle();
    }
    if (!this.#closed) this.#tell();
  }

  async #settle(): Promise<void> {
    const kept = new Set<Folder>();
    const join = async (folder: string): Promise<boolean> => {
      const joined = await this.#folders.join(folder, this, nextBelow(folder, this.#path));
      if (joined !== undefined) kept.add(joined);
      return joined !== undefined;
    };
    let above = path.dirname(this.#path);
    while (!(await join(above)) && above !== '/') above = path.dirname(above);
    // And down again: what came after it was missed on the way up is told by nobody.
    for (;;) {
      const next = path.join(above, nextBelow(above, this.#path));
      if (!(await join(next)) || next === this.#path) break;
      above = next;
    }
    for (const folder of this.#joined) if (!kept.has(folder)) this.#leave(folder);
    this.#joined = kept;
  }

  #leave(folder: Folder): void {
    this.#folders.leave(folder, this, nextBelow(folder.path, this.#path));
  }
}

/** The entry of a folder through which the way leads to a place below it; empty for the place itself. */
function nextBelow(folder: string, place: string): string {
  return path.relative(folder, place).split('/')[0] ?? '';
}
