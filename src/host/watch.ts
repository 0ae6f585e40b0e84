export interface Watch {
  close(): Promise<void>;
}

/** Tells that something at one of these paths has changed, appeared or gone; which one, but not what. */
export type Watcher = (paths: readonly string[], changed: (path: string) => void) => Watch;

/**
 * Watch files and folders of the host. Links are not followed and folders not descended into: some of them belong to
 * users, who could plant a link to `/proc` or a million files. Bursts are told once a path.
 */
export const systemWatch: Watcher = (paths, changed) => {
  const opening = import('chokidar').then(({ watch }) => {
    const watcher = watch([...paths], {
      followSymlinks: false,
      depth: 0,
      ignoreInitial: true,
      ignorePermissionErrors: true,
      atomic: 100,
    });
    watcher.on('all', (_event, path) => changed(path));
    // What cannot be watched is looked at on its cadence all the same.
    watcher.on('error', () => undefined);
    return watcher;
  });
  return { close: async () => (await opening).close() };
};
