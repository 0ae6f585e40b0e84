import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { levelOf, migrate, MigrationFailure } from '../../../src/sandbox/stand-in/migrations/migrate.ts';
import { populate } from '../../../src/sandbox/stand-in/populate.ts';
import { derive, levelFor, measuredProfiles } from '../../../src/sandbox/stand-in/profiles.ts';
import { profileOf } from '../../../src/sandbox/stand-in/versions.ts';

const fixtures = path.resolve(import.meta.dirname, '../../fixtures/t3');
const nightly = '0.0.33-nightly.20260808.1031';
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 't3-migrations-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fixture(name: string): Database.Database {
  const file = path.join(mkdtempSync(path.join(folder, 'copy-')), 'state.sqlite');
  copyFileSync(path.join(fixtures, `state-${name}.sqlite`), file);
  return new Database(file);
}

/** Every object with its text, white space folded. */
function schemaOf(db: Database.Database): unknown[] {
  return db
    .prepare<[], { type: string; name: string; tbl_name: string; sql: string | null }>(
      'SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name',
    )
    .all()
    .map((row) => ({
      ...row,
      sql:
        row.sql
          ?.replaceAll(/\s+/g, ' ')
          .replaceAll(/ ?([(),]) ?/g, '$1')
          .trim() ?? null,
    }));
}

const rowsOf = (db: Database.Database, table: string) =>
  db.prepare(`SELECT * FROM "${table}" ORDER BY 1`).all();
const migrationsOf = (db: Database.Database) =>
  db.prepare('SELECT migration_id, name FROM effect_sql_migrations ORDER BY migration_id').all();

/** What the real server that made the fixture did besides migrating: its own link, its start and its stop. */
const touchedByServer = new Set(['effect_sql_migrations', 'auth_pairing_links', 'provider_session_runtime']);

describe('a fresh database', () => {
  it.each(measuredProfiles.map((profile) => [profile.version, profile] as const))(
    'has the schema and the migrations of a real one by %s',
    (version, profile) => {
      const db = new Database(':memory:');
      const ran = migrate(db, profile.migrations);
      const real = fixture(version);
      expect(schemaOf(db)).toEqual(schemaOf(real));
      expect(migrationsOf(db)).toEqual(migrationsOf(real));
      expect([levelOf(db), ran.length]).toEqual([levelFor(profile), levelFor(profile)]);
      for (const name of ['user_version', 'application_id'])
        expect(db.pragma(name, { simple: true })).toBe(real.pragma(name, { simple: true }));
    },
  );
});

describe('a real database', () => {
  it.each([
    ['0.0.24', '0.0.27'],
    ['0.0.24', nightly],
    ['0.0.27', nightly],
  ])('of %s becomes by %s what the real one made of it', (from, to) => {
    const db = fixture(from);
    const real = fixture(`${from}-migrated-to-${to}`);
    const links = rowsOf(db, 'auth_pairing_links').length;
    migrate(db, profileOf(to).migrations);
    expect(schemaOf(db)).toEqual(schemaOf(real));
    expect(migrationsOf(db)).toEqual(migrationsOf(real));
    const tables = db
      .prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'table'`)
      .pluck()
      .all();
    for (const table of tables.filter((name) => !touchedByServer.has(name)))
      expect([table, rowsOf(db, table)]).toEqual([table, rowsOf(real, table)]);
    // All links and sessions go with 31, none with the later ones; the real server then made one link.
    const left = from === '0.0.24' ? 0 : links;
    expect(rowsOf(db, 'auth_pairing_links')).toHaveLength(left);
    expect(rowsOf(real, 'auth_pairing_links')).toHaveLength(left + 1);
  });

  it('that is ahead stays as it is, and is not complained about', () => {
    const db = fixture(nightly);
    const before = schemaOf(db);
    expect(migrate(db, profileOf('0.0.24').migrations)).toEqual([]);
    expect([levelOf(db), schemaOf(db)]).toEqual([38, before]);
  });

  it('of a level that nobody has seen is refused', () => {
    const db = fixture('0.0.24');
    db.exec('DELETE FROM effect_sql_migrations WHERE migration_id > 29');
    expect(() => migrate(db, profileOf(nightly).migrations)).toThrow('knows no database of level 29');
  });
});

describe('a version derived from another one', () => {
  const bad = derive(profileOf(nightly), '0.0.34', {
    migrations: [
      ...profileOf(nightly).migrations,
      {
        id: 39,
        name: 'OneThreadAProject',
        sql: 'CREATE UNIQUE INDEX one_thread ON projection_threads(project_id);',
      },
    ],
    http: { pairingPath: '/api/auth/pair' },
    faults: { cannotPair: true },
  });

  it('differs where it was told to, and nowhere else', () => {
    const from = profileOf(nightly);
    expect(bad).toEqual({
      ...from,
      version: '0.0.34',
      migrations: bad.migrations,
      http: { ...from.http, pairingPath: '/api/auth/pair' },
      faults: { cannotPair: true },
    });
    expect(derive(bad, '0.0.35').faults).toEqual({});
  });

  it('may have a migration that only fails on what people have done, and then leaves nothing behind', () => {
    const empty = new Database(':memory:');
    expect(migrate(empty, bad.migrations).at(-1)).toBe('39_OneThreadAProject');
    const db = fixture('0.0.24');
    populate(db, { seed: 1, now: Date.UTC(2026, 10, 23), threads: 9 });
    const before = schemaOf(db);
    expect(() => migrate(db, bad.migrations)).toThrow(MigrationFailure);
    expect(() => migrate(db, bad.migrations)).toThrow('Migration "39_OneThreadAProject" failed');
    expect([levelOf(db), schemaOf(db)]).toEqual([30, before]);
    expect(rowsOf(db, 'auth_sessions')).toHaveLength(2);
  });

  it('is asked for by its name, and unknown ones are named', () => {
    expect(() => profileOf('9.9.9')).toThrow(
      /^no stand-in for t3 9\.9\.9, only for 0\.0\.24, 0\.0\.26, 0\.0\.27, .*, 0\.0\.34$/,
    );
    expect(profileOf(nightly).version).toBe(nightly);
  });
});
