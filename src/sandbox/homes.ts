import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import type { Layout } from './layout.ts';
import { createStateDatabase } from './stand-in/state.ts';
import type { SandboxUser } from './users.ts';

const hour = 3_600_000;

/**
 * A user's home with a state database of believable work, and the snapshots that the host's own script is said to have
 * made of it over the last days.
 *
 * @param index Makes this user's work differ from the others'.
 * @param large Bytes that the database is to have at least.
 */
export function fillHome(
  layout: Layout,
  user: SandboxUser,
  index: number,
  version: string,
  large: number | undefined,
): void {
  const now = Date.now();
  const home = layout.home(user.name);
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const work = { seed: index + 1, threads: user.threads, home };
  createStateDatabase(path.join(home, '.t3'), version, {
    ...work,
    now: now - user.quietHours * hour,
    ...(large === undefined ? {} : { bytes: large }),
  });
  const backups = path.join(layout.backups, user.name);
  mkdirSync(backups, { recursive: true, mode: 0o700 });
  for (const hours of user.snapshotHours) {
    const at = now - hours * hour;
    snapshotAsHostScript(
      layout,
      version,
      { ...work, now: at },
      path.join(backups, `state-${localStamp(at)}.sqlite`),
    );
  }
}

/** What the host's own script left of that day: smaller than today's, and by VACUUM INTO as well (docs/host.md). */
function snapshotAsHostScript(
  layout: Layout,
  version: string,
  work: { seed: number; threads: number; home: string; now: number },
  file: string,
): void {
  const scratch = path.join(layout.root, 'scratch');
  const db = new Database(createStateDatabase(scratch, version, work));
  try {
    db.prepare('VACUUM INTO ?').run(file);
  } finally {
    db.close();
    rmSync(scratch, { recursive: true });
  }
}

/** `YYYYmmdd-HHMMSS` in local time, as `date` writes it. */
function localStamp(time: number): string {
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  return `${day}-${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
}
