import type Database from 'better-sqlite3';
import type { Migration } from './later.ts';
import { names30, schema30 } from './level-30.ts';

/** A migration failed; what it had done, and those before it in the same run, is undone. */
export class MigrationFailure extends Error {
  override readonly name = 'MigrationError';

  constructor(migration: Migration, cause: unknown) {
    super(`Migration "${migration.id}_${migration.name}" failed`, { cause });
  }
}

/** The highest migration that ran (docs/t3-contract.md, State database); 0 for an empty database. */
export function levelOf(db: Database.Database): number {
  const table = db.prepare(
    `SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'effect_sql_migrations'`,
  );
  if (table.get() === undefined) return 0;
  const highest = db.prepare<[], { level: number | null }>(
    'SELECT max(migration_id) AS level FROM effect_sql_migrations',
  );
  return highest.get()?.level ?? 0;
}

/**
 * Bring a database to the level of the last of `known`, in one transaction. One that is ahead is left as it is, without
 * a complaint: that is how an old t3 comes to run on a newer schema (docs/t3-contract.md, State database).
 *
 * @returns what ran, as t3 logs it: `31_AuthAuthorizationScopes`.
 * @throws MigrationFailure
 */
export function migrate(db: Database.Database, known: readonly Migration[]): string[] {
  const target = known.at(-1)?.id ?? names30.length;
  // Without a write lock where nothing is to be done: `list` works beside a writer.
  if (levelOf(db) >= target) return [];
  return db
    .transaction((): string[] => {
      const level = levelOf(db);
      if (level > 0 && level < names30.length)
        throw new Error(
          `the stand-in knows no database of level ${level}, only ${names30.length} and later ones`,
        );
      if (level === 0) db.exec(schema30);
      const ran: string[] = [];
      const insert = db.prepare('INSERT INTO effect_sql_migrations (migration_id, name) VALUES (?, ?)');
      const record = (id: number, name: string) => {
        insert.run(id, name);
        ran.push(`${id}_${name}`);
      };
      for (const [index, name] of level === 0 ? names30.entries() : []) record(index + 1, name);
      for (const migration of known) {
        if (migration.id <= level) continue;
        try {
          db.exec(migration.sql);
        } catch (error) {
          throw new MigrationFailure(migration, error);
        }
        record(migration.id, migration.name);
      }
      return ran;
    })
    .immediate();
}
