import type { FolderEntry } from '../../host/owned.ts';

/**
 * The conversation with the reader, a short-lived process that has dropped to the owner of what it reads: a list of
 * tasks as JSON on standard input, the list of answers on standard output. We write the tasks; the answers are parsed
 * like any foreign text (read.ts).
 */

export interface StateTask {
  task: 'state';
  path: string;
  /** The folder (the home) below which no link is followed. */
  home: string;
  /** Milliseconds to wait for a lock. */
  patience: number;
}

export interface FolderTask {
  task: 'folder';
  path: string;
  /** The cockpit's own folder in it. */
  own: string;
}

export interface TextTask {
  task: 'text';
  path: string;
  maxSize: number;
}

/** How much work is in a database: a scan, so only when somebody asks. */
export interface WorkTask extends Omit<StateTask, 'task'> {
  task: 'work';
}

export type Task = StateTask | WorkTask | FolderTask | TextTask;

export interface FolderFacts {
  /** The files of the user's backup folder: the host's own snapshots. Null where there is no such folder. */
  host: FolderEntry[] | null;
  /** The files of the cockpit's folder in it. */
  own: FolderEntry[] | null;
}

export type RawAnswer = { facts: unknown } | { problem: string };

/** What a reader prints. */
export interface Report {
  /** One for each task, in their order. */
  answers: RawAnswer[];
  /** Milliseconds of CPU time that it took. */
  cpu: number;
}

/** More files than this in a backup folder are not listed: somebody else's mess must not cost our memory. */
export const folderLimit = 10_000;
