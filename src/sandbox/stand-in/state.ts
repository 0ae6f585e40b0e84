import { chmodSync, existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { baseDirAt, makeFolders } from './base-dir.ts';
import { migrate } from './migrations/migrate.ts';
import { populate, type PopulateOptions } from './populate.ts';
import { profileOf } from './versions.ts';

/**
 * Make the state database that a version of t3 has after a while of use, before any server ran: below `folder`, as
 * `userdata/state.sqlite`, with the modes of real ones (docs/t3-contract.md, Process), in WAL mode, folded in.
 *
 * @returns the file.
 * @throws when there is one already.
 */
export function createStateDatabase(folder: string, version: string, options: PopulateOptions): string {
  const profile = profileOf(version);
  const base = baseDirAt(folder);
  if (existsSync(base.database)) throw new Error(`${base.database}: exists`);
  makeFolders(base);
  for (const each of [folder, base.userdata, ...base.others]) chmodSync(each, 0o755);
  chmodSync(base.secrets, 0o700);
  const db = new Database(base.database);
  try {
    // Nobody's data, and nobody else looks: half a gigabyte need not be written twice, nor wait for the disk.
    db.pragma('journal_mode = OFF');
    db.pragma('synchronous = OFF');
    migrate(db, profile.migrations);
    populate(db, options);
    db.pragma('journal_mode = WAL');
  } finally {
    db.close();
  }
  chmodSync(base.database, 0o644);
  return base.database;
}
