import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type Database from 'better-sqlite3';
import type { Layout } from './layout.ts';
import { baseDirOf, openState } from './stand-in/database.ts';
import { migrate } from './stand-in/migrations.ts';
import { grow, populate } from './stand-in/populate.ts';
import { profileOf } from './stand-in/profiles.ts';
import type { SandboxUser } from './users.ts';

const hour = 3_600_000;

/**
 * A user's home with a state database of believable work, and the snapshots that the host's own script is said to have
 * made of it over the last days.
 *
 * @param large Bytes that the database is to have at least.
 */
export function fillHome(
  layout: Layout,
  user: SandboxUser,
  version: string,
  large: number | undefined,
): void {
  const now = Date.now();
  const home = layout.home(user.name);
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const backups = path.join(layout.backups, user.name);
  mkdirSync(backups, { recursive: true, mode: 0o700 });
  const db = openState(baseDirOf(path.join(home, '.t3')));
  try {
    migrate(db, profileOf(version).level);
    const work = { user: user.name, threads: user.threads, lastWork: now - user.quietHours * hour };
    populate(db, work);
    // Before it grows: yesterday's database was smaller.
    for (const hours of user.snapshotHours)
      copyAsHostScript(db, path.join(backups, `state-${localStamp(now - hours * hour)}.sqlite`));
    if (large !== undefined) grow(db, work, large);
  } finally {
    db.close();
  }
}

function copyAsHostScript(db: Database.Database, file: string): void {
  db.prepare('VACUUM INTO ?').run(file);
}

/** `YYYYmmdd-HHMMSS` in local time, as `date` writes it. */
function localStamp(time: number): string {
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  return `${day}-${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
}
