import { FileProblem } from '../../host/files.ts';
import { isAtCeiling } from '../../host/owned.ts';
import { openForeign, openImmutable, openSource } from '../../host/sqlite.ts';
import { countWork, readMigrations, type Migration, type Work } from '../../t3/state-database.ts';

/**
 * The SQLite part of a snapshot. Each call keeps its thread busy until it is done, so the snapshotter runs these in a
 * worker and watches the copy grow meanwhile.
 */
export type DatabaseJob =
  | { job: 'measure'; source: string; patience: number }
  | { job: 'copy'; source: string; target: string; patience: number }
  | { job: 'check'; file: string }
  | { job: 'contents'; file: string };

export interface DatabaseFacts {
  pageSize: number;
  migrations: Migration[];
  work: Work;
}

/** The bytes that a copy by VACUUM INTO will have, about: pages in use. Says early when this is no state database. */
export function measure(source: string, patience: number): number {
  const db = openSource(source, patience);
  try {
    readMigrations(db);
    const number = (pragma: string) => Number(db.pragma(pragma, { simple: true }));
    // The header may lie about both.
    return Math.max(0, number('page_count') - number('freelist_count')) * number('page_size');
  } finally {
    db.close();
  }
}

/**
 * Copy a live database, the contents of its WAL included, by VACUUM INTO (sqlite.org/lang_vacuum.html): one read
 * transaction, so the server goes on writing and the copy is of one moment. Copying the file would miss the WAL, where
 * a running server may hold every table (docs/t3-contract.md).
 */
export function copy(source: string, target: string, patience: number): void {
  const db = openSource(source, patience);
  try {
    db.prepare('VACUUM INTO ?').run(target);
  } catch (error) {
    if (isAtCeiling(target))
      throw new FileProblem(target, 'EFBIG', 'cut off: no copy of a database of its size is so large');
    throw error;
  } finally {
    db.close();
  }
}

/** Is this copy whole, and what is in it? @throws when `PRAGMA integrity_check` says anything but `ok`. */
export function check(file: string): DatabaseFacts {
  const db = openImmutable(file);
  try {
    const verdict = db.pragma('integrity_check(1)', { simple: true });
    if (verdict !== 'ok') throw new Error(`integrity_check says: ${String(verdict)}`);
    return {
      pageSize: Number(db.pragma('page_size', { simple: true })),
      migrations: readMigrations(db),
      work: countWork(db),
    };
  } finally {
    db.close();
  }
}

/** What is in a database that t3 has just closed, its WAL included. */
export function contentsOf(file: string): Pick<DatabaseFacts, 'migrations' | 'work'> {
  const db = openForeign(file, 0);
  try {
    return { migrations: readMigrations(db), work: countWork(db) };
  } finally {
    db.close();
  }
}

export function runDatabaseJob(job: DatabaseJob): unknown {
  switch (job.job) {
    case 'measure':
      return measure(job.source, job.patience);
    case 'copy':
      return copy(job.source, job.target, job.patience);
    case 'check':
      return check(job.file);
    case 'contents':
      return contentsOf(job.file);
  }
}
