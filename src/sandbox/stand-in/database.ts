import { mkdirSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';

/** The folders and files under a base directory (docs/t3-contract.md, process). */
export interface BaseDir {
  userdata: string;
  secrets: string;
  database: string;
  runtime: string;
}

export function baseDirOf(folder: string): BaseDir {
  const userdata = path.join(folder, 'userdata');
  return {
    userdata,
    secrets: path.join(userdata, 'secrets'),
    database: path.join(userdata, 'state.sqlite'),
    runtime: path.join(userdata, 'server-runtime.json'),
  };
}

/** Open the state database, and make what is missing: a base directory that does not exist is not an error for t3. */
export function openState(base: BaseDir): Database.Database {
  mkdirSync(base.userdata, { recursive: true, mode: 0o755 });
  mkdirSync(base.secrets, { recursive: true, mode: 0o700 });
  const db = new Database(base.database, { timeout: 5000 });
  db.pragma('page_size = 4096');
  db.pragma('journal_mode = WAL');
  return db;
}
