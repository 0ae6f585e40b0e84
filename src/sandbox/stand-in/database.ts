import Database from 'better-sqlite3';
import { makeFolders, type BaseDir } from './base-dir.ts';

/** How long a writer waits for another one, milliseconds. Nobody has measured how long a real one does. */
const patience = 1000;

/**
 * Open an instance's state database, in WAL mode, and make it if it is missing. Its tables then sit in the `-wal` until
 * somebody folds it in: the last one to close does (docs/t3-contract.md, Process and State database).
 */
export function openState(base: BaseDir): Database.Database {
  makeFolders(base);
  const db = new Database(base.database, { timeout: patience });
  try {
    db.pragma('journal_mode = WAL');
  } catch (error) {
    db.close();
    throw error;
  }
  return db;
}
