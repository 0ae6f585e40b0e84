import path from 'node:path';
import { isThere, listOwn, readOwn, requireNoLinks, requirePlainFile } from '../../host/owned.ts';
import { openForeign } from '../../host/sqlite.ts';
import { countWork, readState } from '../../t3/state-database.ts';
import { folderLimit, type FolderFacts, type RawAnswer, type Task } from './protocol.ts';

/** Do the tasks, as the owner. One that fails says why and leaves the others alone. */
export function serve(tasks: readonly Task[]): RawAnswer[] {
  return tasks.map((task) => {
    try {
      return { facts: perform(task) };
    } catch (error) {
      return { problem: error instanceof Error ? error.message : String(error) };
    }
  });
}

function perform(task: Task): unknown {
  switch (task.task) {
    case 'state': {
      requirePlainFile(task.path, task.home);
      const db = openForeign(task.path, task.patience);
      try {
        return readState(db);
      } finally {
        db.close();
      }
    }
    case 'work': {
      requirePlainFile(task.path, task.home);
      const db = openForeign(task.path, task.patience);
      try {
        return countWork(db);
      } finally {
        db.close();
      }
    }
    case 'folder': {
      // A user who was never backed up has no folder yet, and so no snapshots.
      if (!isThere(task.path)) return { host: null, own: null } satisfies FolderFacts;
      requireNoLinks(task.path, path.dirname(task.path));
      const facts: FolderFacts = {
        host: listOwn(task.path, folderLimit) ?? null,
        own: listOwn(path.join(task.path, task.own), folderLimit) ?? null,
      };
      return facts;
    }
    case 'text':
      return readOwn(task.path, task.maxSize);
  }
}
