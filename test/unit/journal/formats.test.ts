import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { readLastEvents } from '../../../src/journal/events.ts';
import { journalPath, openJournal, openJournalReadOnly } from '../../../src/journal/journal.ts';
import { listOperations, readSteps } from '../../../src/journal/operations.ts';
import { journalFormat } from '../../../src/journal/schema.ts';
import { readSnapshots } from '../../../src/journal/snapshots.ts';
import { scratch } from '../../scratch.ts';

/** Journals of every format that was ever written, opened by this program. */

const fixtures = path.resolve(import.meta.dirname, '../../fixtures/journal');
const formats = readdirSync(fixtures).map((name) => Number(/^format-(\d+)\.sql$/.exec(name)?.[1]));

describe('a journal of an earlier t3-cockpit', () => {
  it('is kept as a fixture, of each format that there was', () => {
    // A new format? Write its fixture: the statements as they are now, and the rows of the one before.
    expect(formats.toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: journalFormat }, (_, index) => index + 1),
    );
  });

  it.each(formats)('of format %i is brought to this one, with all that is in it', (format) => {
    const state = path.join(scratch(), 'state');
    mkdirSync(state, { mode: 0o700 });
    const old = new Database(journalPath(state));
    old.exec(readFileSync(path.join(fixtures, `format-${format}.sql`), 'utf8'));
    old.close();
    if (format < journalFormat)
      expect(() => openJournalReadOnly(state)).toThrow('has not been written by this version');
    const db = openJournal(state);
    try {
      expect(db.pragma('user_version', { simple: true })).toBe(journalFormat);
      expect(listOperations(db, 9)).toMatchObject([
        { id: 1, kind: 'backup', outcome: 'succeeded', actor: { user: 'root' } },
      ]);
      expect(readSteps(db, 1)).toMatchObject([{ id: 'alice/snapshot', state: 'succeeded' }]);
      expect(readLastEvents(db, 1, 9)).toMatchObject([{ payload: { type: 'text', text: 'copied' } }]);
      expect(readSnapshots(db, 'alice')).toMatchObject([{ file: 'manual-1.sqlite', sha256: 'aa' }]);
      expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
      expect(db.pragma('foreign_key_check')).toEqual([]);
    } finally {
      db.close();
    }
  });
});
