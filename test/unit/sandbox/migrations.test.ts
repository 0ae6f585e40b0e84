import { copyFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { levelOf, migrate } from '../../../src/sandbox/stand-in/migrations.ts';
import { grow, populate } from '../../../src/sandbox/stand-in/populate.ts';
import { profileOf, standInVersions } from '../../../src/sandbox/stand-in/profiles.ts';
import { countWork, readState } from '../../../src/t3/state-database.ts';
import { scratch } from '../../scratch.ts';

const fixtures = path.resolve(import.meta.dirname, '../../fixtures/t3');
const nightly = '0.0.33-nightly.20260808.1031';

function copyOf(fixture: string): Database.Database {
  const file = path.join(scratch(), 'state.sqlite');
  copyFileSync(path.join(fixtures, fixture), file);
  return new Database(file);
}

/** Every object with its text, white space folded. */
function schemaOf(db: Database.Database): string[] {
  return db
    .prepare<[], { type: string; name: string; sql: string | null }>(
      `SELECT type, name, sql FROM sqlite_schema ORDER BY type, name`,
    )
    .all()
    .map(({ type, name, sql }) => `${type} ${name} ${(sql ?? '').replace(/\s+/g, ' ').trim()}`);
}

const migrationsOf = (db: Database.Database) =>
  db.prepare('SELECT migration_id, name FROM effect_sql_migrations ORDER BY migration_id').all();

const workTables = [
  'projection_projects',
  'projection_threads',
  'projection_thread_messages',
  'projection_thread_sessions',
  'projection_turns',
  'orchestration_events',
];
const contents = (db: Database.Database, table: string) =>
  db.prepare(`SELECT * FROM ${table} ORDER BY 1`).all();

describe('a fresh database of the stand-in', () => {
  it.each(standInVersions)('has the schema of a real one by %s', (version) => {
    const db = new Database(':memory:');
    migrate(db, profileOf(version).level);
    const real = copyOf(`state-${version}.sqlite`);
    expect(schemaOf(db)).toEqual(schemaOf(real));
    expect(migrationsOf(db)).toEqual(migrationsOf(real));
  });
});

describe('a real database that the stand-in migrates', () => {
  it.each([
    ['0.0.24', '0.0.27'],
    ['0.0.24', nightly],
    ['0.0.27', nightly],
  ])('from %s to %s becomes what the real one makes of it', (from, to) => {
    const db = copyOf(`state-${from}.sqlite`);
    migrate(db, profileOf(to).level);
    const real = copyOf(`state-${from}-migrated-to-${to}.sqlite`);
    expect(schemaOf(db)).toEqual(schemaOf(real));
    expect(migrationsOf(db)).toEqual(migrationsOf(real));
    for (const table of workTables) expect(contents(db, table)).toEqual(contents(real, table));
    // 31 makes everybody pair anew; what comes later does not.
    expect(contents(db, 'auth_sessions')).toHaveLength(from === '0.0.24' ? 0 : 2);
  });

  it('is left as it is when it is ahead', () => {
    const db = copyOf(`state-${nightly}.sqlite`);
    expect(migrate(db, 30)).toEqual([]);
    expect(levelOf(db)).toBe(38);
  });
});

describe('believable work', () => {
  const options = { user: 'vera', threads: 8, lastWork: Date.UTC(2026, 10, 23, 12) };

  it.each(standInVersions)('fits the schema of %s, and is read by what reads real databases', (version) => {
    const db = new Database(':memory:');
    migrate(db, profileOf(version).level);
    populate(db, options);
    expect(countWork(db)).toMatchObject({ threads: 8, projects: 3 });
    expect(readState(db)).toMatchObject({ inFlight: 0, lastActivity: options.lastWork });
  });

  it('is the same every time, and grows to a size', () => {
    const [one, other] = [new Database(':memory:'), new Database(':memory:')];
    for (const db of [one, other]) {
      migrate(db, 30);
      populate(db, options);
    }
    expect(contents(one, 'projection_thread_messages')).toEqual(
      contents(other, 'projection_thread_messages'),
    );
    grow(one, options, 5_000_000);
    expect(Number(one.pragma('page_count', { simple: true })) * 4096).toBeGreaterThan(5_000_000);
  });
});

describe('what is read from a state database', () => {
  it('is the activity of the fixtures', () => {
    expect(readState(copyOf('state-0.0.24.sqlite'))).toMatchObject({
      inFlight: 1,
      inFlightMoved: Date.parse('2026-11-23T09:20:00.000Z'),
      lastActivity: Date.parse('2026-11-23T09:20:00.000Z'),
    });
    expect(countWork(copyOf('state-0.0.24.sqlite'))).toEqual({
      projects: 1,
      threads: 5,
      messages: 5,
      turns: 1,
    });
  });

  it('is nothing of a database that is not one of t3', () => {
    const db = new Database(':memory:');
    expect(() => readState(db)).toThrow('no table effect_sql_migrations: not a t3 state database');
    db.exec('CREATE VIEW effect_sql_migrations AS SELECT 1 AS migration_id, 2 AS name');
    expect(() => readState(db)).toThrow('not a t3 state database');
  });

  it('is not led astray by times that are none', () => {
    const db = copyOf('state-0.0.24.sqlite');
    db.exec(`UPDATE projection_threads SET updated_at = 'yesterday', latest_user_message_at = 9999999`);
    expect(readState(db).lastActivity).toBe(Date.parse('2026-11-23T09:20:00.000Z'));
  });
});
