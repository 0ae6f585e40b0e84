import type { FSWatcher } from 'chokidar';

export interface Watch {
  /** Watch exactly these paths from now on. */
  set(paths: readonly string[]): void;
  close(): Promise<void>;
}

/** Tells that something at one of the watched paths has changed, appeared or gone; which one, but not what. */
export type Watcher = (changed: (path: string) => void) => Watch;

/** What is told of one path in less than this is told once, milliseconds. */
const burst = 100;

/**
 * Watch files and folders of the host. Links are not followed and folders not descended into: some of them belong to
 * users, who could plant a link to `/proc` or a million files. However often something changes, it is told at most once
 * a path in a tenth of a second.
 */
export const systemWatch: Watcher = (changed) => {
  let wanted = new Set<string>();
  let closed = false;
  const due = new Map<string, NodeJS.Timeout>();
  const tell = (path: string) => {
    if (closed || due.has(path)) return;
    due.set(
      path,
      setTimeout(() => {
        due.delete(path);
        changed(path);
      }, burst),
    );
  };
  const watching = import('chokidar').then(({ watch }): FSWatcher => {
    const watcher = watch([], {
      followSymlinks: false,
      depth: 0,
      ignoreInitial: true,
      ignorePermissionErrors: true,
      atomic: burst,
    });
    watcher.on('all', (_event, path) => {
      const top = wanted.has(path) ? path : path.slice(0, Math.max(0, path.lastIndexOf('/')));
      if (wanted.has(top)) tell(top);
    });
    // What cannot be watched is looked at on its cadence all the same.
    watcher.on('error', () => undefined);
    return watcher;
  });
  let applied = Promise.resolve();
  return {
    set(paths) {
      const next = new Set(paths);
      const added = paths.filter((path) => !wanted.has(path));
      const gone = [...wanted].filter((path) => !next.has(path));
      wanted = next;
      if (added.length === 0 && gone.length === 0) return;
      applied = applied.then(async () => {
        const watcher = await watching;
        if (closed) return;
        watcher.unwatch(gone);
        watcher.add(added);
      });
    },
    async close() {
      closed = true;
      for (const timer of due.values()) clearTimeout(timer);
      await applied;
      await (await watching).close();
    },
  };
};
