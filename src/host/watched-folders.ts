import { constants, watch, type FSWatcher } from 'node:fs';
import { open } from 'node:fs/promises';

/** Who hears of an entry of a folder, or of the folder itself. */
export interface Hearer {
  /** @param moved What has that name may be another one now, or none. */
  hear(moved: boolean): void;
}

/**
 * So many events of one folder in a second are listened to; then it is left alone for `rest` milliseconds. A copy of a
 * gigabyte makes a hundred thousand, and a user can make them faster than we can read them.
 */
const mostEvents = 200;
const rest = 1000;

/** The folders that are watched, each once for all who need it. */
export class Folders {
  readonly #all = new Map<string, Folder>();
  readonly #isPlace: (folder: string) => boolean;

  /** @param isPlace Is this one watched for itself, and not as a part of the way? */
  constructor(isPlace: (folder: string) => boolean) {
    this.#isPlace = isPlace;
  }

  /** @returns undefined where there is no folder that can be watched */
  async join(at: string, hearer: Hearer, entry: string): Promise<Folder | undefined> {
    const folder = this.#all.get(at) ?? new Folder(at, !this.#isPlace(at));
    this.#all.set(at, folder);
    folder.add(hearer, entry);
    if (await folder.arm()) return folder;
    this.leave(folder, hearer, entry);
    return undefined;
  }

  leave(folder: Folder, hearer: Hearer, entry: string): void {
    if (!folder.remove(hearer, entry)) return;
    folder.close();
    if (this.#all.get(folder.path) === folder) this.#all.delete(folder.path);
  }
}

/** One folder under inotify. */
export class Folder {
  readonly path: string;
  /** Who wants to hear of which entry. */
  readonly #entries = new Map<string, Set<Hearer>>();
  readonly #follow: boolean;
  #watcher: FSWatcher | undefined;
  /** Which folder is watched: another one may have got its name. */
  #identity = '';
  #arming: Promise<boolean> | undefined;
  #resting: NodeJS.Timeout | undefined;
  #second = 0;
  #events = 0;

  constructor(at: string, follow: boolean) {
    this.path = at;
    this.#follow = follow;
  }

  add(hearer: Hearer, entry: string): void {
    const hearers = this.#entries.get(entry) ?? new Set();
    this.#entries.set(entry, hearers.add(hearer));
  }

  /** @returns whether nobody is left */
  remove(hearer: Hearer, entry: string): boolean {
    const hearers = this.#entries.get(entry);
    if (hearers?.delete(hearer) === true && hearers.size === 0) this.#entries.delete(entry);
    return this.#entries.size === 0;
  }

  /** Watch what has this name now. @returns whether it can be watched */
  arm(): Promise<boolean> {
    return (this.#arming ??= this.#arm().finally(() => (this.#arming = undefined)));
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    clearTimeout(this.#resting);
    this.#resting = undefined;
  }

  async #arm(): Promise<boolean> {
    if (this.#resting !== undefined) return true;
    const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
    try {
      const handle = await open(this.path, O_RDONLY | O_DIRECTORY | (this.#follow ? 0 : O_NOFOLLOW));
      try {
        const { dev, ino, birthtimeNs } = await handle.stat({ bigint: true });
        this.#listen(handle.fd, `${dev}:${ino}:${birthtimeNs}`);
      } finally {
        await handle.close();
      }
    } catch {
      // Not there, no folder, a link, not ours to read, or more folders than inotify may watch.
      this.close();
    }
    return this.#watcher !== undefined;
  }

  /** By the descriptor, which nobody can swap; with the dot, events of the folder itself come under that name. */
  #listen(descriptor: number, identity: string): void {
    if (this.#watcher !== undefined && identity === this.#identity) return;
    this.close();
    if (this.#entries.size === 0) return;
    this.#identity = identity;
    this.#watcher = watch(`/proc/self/fd/${descriptor}/.`, { persistent: false }, (event, name) =>
      this.#hear(name === '.' ? undefined : (name ?? undefined), event === 'rename'),
    );
    this.#watcher.on('error', () => this.close());
  }

  #hear(name: string | undefined, moved: boolean): void {
    const now = performance.now();
    if (now - this.#second > 1000) [this.#second, this.#events] = [now, 0];
    this.#events += 1;
    if (name === undefined) this.#doubt();
    else {
      for (const hearer of this.#entries.get(name) ?? []) hearer.hear(moved);
      for (const hearer of this.#entries.get('') ?? []) hearer.hear(false);
    }
    if (this.#events <= mostEvents) return;
    this.close();
    this.#resting = setTimeout(() => {
      this.#resting = undefined;
      this.#doubt();
    }, rest);
  }

  /** The folder itself has changed: it may have gone, and with it this watch. */
  #doubt(): void {
    this.#identity = '';
    for (const hearers of this.#entries.values()) for (const hearer of hearers) hearer.hear(true);
  }
}
