import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileProblem } from './files.ts';
import { openOwn, openOwnReadOnly } from './sqlite.ts';

/**
 * Does what a snapshot needs of SQLite work on the file system of this folder: a database in WAL mode, a copy by
 * VACUUM INTO, a check that it is whole? Tried on a few rows, of which nothing remains.
 *
 * @throws in the words of SQLite or of the file system.
 */
export function tryVacuumInto(folder: string): void {
  let scratch: string;
  try {
    scratch = mkdtempSync(path.join(folder, '.trial-'));
  } catch (error) {
    throw fileProblem(folder, error);
  }
  try {
    const copy = path.join(scratch, 'copy.sqlite');
    const source = openOwn(path.join(scratch, 'source.sqlite'), false);
    try {
      source.exec('CREATE TABLE trial (row INTEGER PRIMARY KEY); INSERT INTO trial VALUES (1), (2), (3)');
      source.prepare('VACUUM INTO ?').run(copy);
    } finally {
      source.close();
    }
    const db = openOwnReadOnly(copy);
    try {
      const rows = db.prepare<[], { rows: number }>('SELECT count(*) AS rows FROM trial').get()?.rows;
      const check = db.pragma('integrity_check', { simple: true });
      if (rows !== 3 || check !== 'ok')
        throw new Error(`the copy has ${rows} of 3 rows, and says ${String(check)}`);
    } finally {
      db.close();
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
