import semver from 'semver';
import type { Migration } from './state-database.ts';

/** The schema levels that versions bring a database to, as far as they were measured (docs/t3-contract.md, State database). */
const measured: Readonly<Record<string, number>> = {
  '0.0.24': 30,
  '0.0.25': 31,
  '0.0.27': 32,
  '0.0.33-nightly.20260808.1031': 38,
};

/** The level that this version's migrations end at; undefined for a version that nobody has measured. */
export function knownLevel(version: string): number | undefined {
  return measured[version];
}

/** A level that a version knows at least: that of the newest measured one that is not newer. Migrations are only added. */
export function leastLevel(version: string): number | undefined {
  if (semver.valid(version) === null) return undefined;
  const levels = Object.entries(measured)
    .filter(([each]) => semver.lte(each, version))
    .map(([, level]) => level);
  return levels.length === 0 ? undefined : Math.max(...levels);
}

/** The measured version that brings a database to exactly this level, if there is one. */
export function versionOfLevel(level: number): string | undefined {
  return Object.entries(measured).find(([, each]) => each === level)?.[0];
}

/** A migration that ran this long after its server had started was not run by it. Milliseconds. */
const startGrace = 60_000;

/**
 * Has somebody migrated this database further than the server that runs on it understands? Then pairing is broken
 * until a restart onto the newer version, while `GET /` answers 200 (docs/t3-contract.md, command line).
 *
 * @param migratedAt When the newest migration ran, and `since`, when the server started; milliseconds since 1970.
 * @returns the words of the finding; undefined when there is none.
 */
export function schemaAhead(
  running: string,
  migrations: readonly Migration[],
  migratedAt: number | null,
  since: number | undefined,
): string | undefined {
  const level = migrations.at(-1);
  if (level === undefined) return undefined;
  const known = knownLevel(running);
  if (known !== undefined) {
    return level.id > known ? `schema ${level.id}, but ${running} knows ${known}` : undefined;
  }
  if (migratedAt === null || since === undefined || migratedAt <= since + startGrace) return undefined;
  return `schema ${level.id} (${level.name}) was made after the running server had started`;
}
