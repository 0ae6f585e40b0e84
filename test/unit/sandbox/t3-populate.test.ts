import { mkdtempSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrate } from '../../../src/sandbox/stand-in/migrations/migrate.ts';
import { populate, type PopulateOptions } from '../../../src/sandbox/stand-in/populate.ts';
import { levelFor, measuredProfiles as profiles } from '../../../src/sandbox/stand-in/profiles.ts';
import { createStateDatabase } from '../../../src/sandbox/stand-in/state.ts';
import { countWork, readState } from '../../../src/t3/state-database.ts';

const now = Date.UTC(2026, 10, 23, 12);
const versions = profiles.map(({ version }) => version);

function filled(version: string, options: Partial<PopulateOptions> = {}): Database.Database {
  const db = new Database(':memory:');
  migrate(db, profiles.find((each) => each.version === version)?.migrations ?? []);
  populate(db, { seed: 7, now, ...options });
  return db;
}

const dump = (db: Database.Database) =>
  ['projection_projects', 'projection_threads', 'projection_thread_messages', 'projection_turns'].map(
    (table) => db.prepare(`SELECT * FROM ${table} ORDER BY 1`).all(),
  );
const pluck = (db: Database.Database, sql: string) => db.prepare(sql).pluck().get();

describe('believable work', () => {
  it.each(versions)('fits the schema of %s, and is read by what reads real databases', (version) => {
    const db = filled(version, { threads: 20 });
    const work = countWork(db);
    expect(work).toMatchObject({ projects: 5, threads: 20 });
    expect(work.turns).toBeGreaterThanOrEqual(40);
    expect(work.messages).toBe(2 * work.turns);
    expect(readState(db)).toMatchObject({ inFlight: 0, inFlightMoved: null, lastActivity: now });
    expect(pluck(db, 'SELECT count(DISTINCT status) FROM projection_thread_sessions')).toBeGreaterThan(1);
    expect(pluck(db, 'PRAGMA foreign_key_check')).toBeUndefined();
  });

  it('refers only to what is there, and happened before it was finished', () => {
    const db = filled('0.0.24', { threads: 20, bytes: 3_000_000 });
    const none = [
      `projection_threads WHERE project_id NOT IN (SELECT project_id FROM projection_projects)`,
      `projection_threads WHERE latest_turn_id NOT IN (SELECT turn_id FROM projection_turns)`,
      `projection_thread_messages WHERE turn_id NOT IN (SELECT turn_id FROM projection_turns)`,
      `checkpoint_diff_blobs WHERE thread_id NOT IN (SELECT thread_id FROM projection_threads)`,
      `projection_turns WHERE completed_at < requested_at`,
      `projection_threads WHERE updated_at > '${new Date(now).toISOString()}'`,
      `projection_state WHERE last_applied_sequence <> (SELECT max(sequence) FROM orchestration_events)`,
    ];
    for (const rows of none) expect([rows, pluck(db, `SELECT count(*) FROM ${rows}`)]).toEqual([rows, 0]);
  });

  it('is the same for the same seed, and another one for another', () => {
    expect(dump(filled('0.0.24'))).toEqual(dump(filled('0.0.24')));
    expect(dump(filled('0.0.24'))).not.toEqual(dump(filled('0.0.24', { seed: 8 })));
  });

  it('cannot grow without anything to grow on', () => {
    expect(() => filled('0.0.24', { threads: 0, bytes: 1_000_000 })).toThrow('without threads');
  });
});

describe('the state database of somebody who has worked a while', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 't3-state-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const modeOf = (file: string) => (statSync(path.join(folder, file)).mode & 0o777).toString(8);

  it.each(versions)('is one that %s could have left', (version) => {
    const file = createStateDatabase(path.join(folder, '.t3'), version, { seed: 1, now });
    expect(file).toBe(path.join(folder, '.t3/userdata/state.sqlite'));
    const db = new Database(file, { readonly: true });
    const profile = profiles.find((each) => each.version === version);
    expect(readState(db).migrations.at(-1)?.id).toBe(profile === undefined ? undefined : levelFor(profile));
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(db.pragma('page_size', { simple: true })).toBe(4096);
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    db.close();
  });

  it('has the modes of a real one, whatever the mask', () => {
    const before = process.umask(0o077);
    try {
      createStateDatabase(path.join(folder, '.t3'), '0.0.24', { seed: 1, now });
    } finally {
      process.umask(before);
    }
    const files = ['.t3', '.t3/userdata', '.t3/userdata/secrets', '.t3/userdata/state.sqlite'];
    expect(files.map(modeOf)).toEqual(['755', '755', '700', '644']);
  });

  it('is as large as asked for', () => {
    const bytes = 12_000_000;
    const file = createStateDatabase(folder, '0.0.27', { seed: 1, now, bytes });
    expect(statSync(file).size).toBeGreaterThanOrEqual(bytes);
    expect(statSync(file).size).toBeLessThan(bytes + 1_000_000);
  });

  it('is never put over another one', () => {
    createStateDatabase(folder, '0.0.24', { seed: 1, now });
    expect(() => createStateDatabase(folder, '0.0.24', { seed: 1, now })).toThrow('state.sqlite: exists');
  });
});
