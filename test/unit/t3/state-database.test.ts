import { copyFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { countWork, readState } from '../../../src/t3/state-database.ts';
import { scratch } from '../../scratch.ts';

const fixtures = path.resolve(import.meta.dirname, '../../fixtures/t3');

function copyOf(fixture: string): Database.Database {
  const file = path.join(scratch(), 'state.sqlite');
  copyFileSync(path.join(fixtures, fixture), file);
  return new Database(file);
}

describe('what is read from a state database', () => {
  it.each([
    ['state-0.0.24.sqlite', 30],
    ['state-0.0.24-migrated-to-0.0.27.sqlite', 32],
    ['state-0.0.33-nightly.20260808.1031.sqlite', 38],
  ])('is the activity and the level of %s', (fixture, level) => {
    const state = readState(copyOf(fixture));
    expect(state).toMatchObject({
      inFlight: 1,
      inFlightMoved: Date.parse('2026-11-23T09:20:00.000Z'),
      lastActivity: Date.parse('2026-11-23T09:20:00.000Z'),
    });
    expect(state.migrations).toHaveLength(level);
    expect(state.migrations.at(-1)?.id).toBe(level);
    expect(countWork(copyOf(fixture))).toMatchObject({ projects: 1, threads: 5, messages: 5, turns: 1 });
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
