import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  JournalProblem,
  journalPath,
  lockPath,
  openJournal,
  openJournalReadOnly,
} from '../../../src/journal/journal.ts';
import { listOperations } from '../../../src/journal/operations.ts';
import { recordOperation } from '../../../src/journal/recorder.ts';
import { readSnapshots, recordSnapshot } from '../../../src/journal/snapshots.ts';
import { FakeClock } from '../../fakes/host.ts';
import { scratch } from '../../scratch.ts';
import { configureProperties, runs } from '../properties/runs.ts';
import { snapshotRecord } from '../../fakes/snapshot-record.ts';

/** A journal that was cut short, overwritten, or made by a later version: it is read as it was, or it is said to be broken. */

configureProperties();

const sha256 = 'a'.repeat(64);

/** The bytes of a journal with an operation and a snapshot in it. */
function whole(): Buffer {
  const folder = scratch();
  const db = openJournal(folder);
  recordOperation(db, new FakeClock(), {
    kind: 'backup',
    request: {},
    plan: {},
    config: {},
    actor: { user: 'root', uid: 0, surface: 'test', pid: 1 },
    steps: [],
    session: [],
  });
  recordSnapshot(db, { ...snapshotRecord, sha256 });
  db.close();
  return readFileSync(journalPath(folder));
}

/** It vouches for what it vouched for, or a program that reads it gets an error; never less, without a word. */
function asItWas(folder: string, open: (folder: string) => ReturnType<typeof openJournal>): void {
  let db: ReturnType<typeof openJournal>;
  try {
    db = open(folder);
  } catch (error) {
    expect(error).toBeInstanceOf(JournalProblem);
    expect((error as JournalProblem).kind).toBe('broken');
    return;
  }
  try {
    const [snapshots, operations] = [readSnapshots(db), listOperations(db, 10)];
    expect(operations).toHaveLength(1);
    expect(snapshots).toHaveLength(1);
  } catch (error) {
    // SQLite says so when it comes to the page.
    expect((error as { code?: string }).code ?? (error as Error).name).toMatch(/^SQLITE_|SyntaxError/);
  } finally {
    db.close();
  }
}

describe('a journal', () => {
  const bytes = whole();
  const laidOut = (found: Buffer) => {
    const folder = scratch();
    writeFileSync(journalPath(folder), found);
    return folder;
  };
  const numRuns = Math.max(20, Math.round(runs / 3));

  it('that was cut short is not taken for a new one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: bytes.length - 1 }), fc.boolean(), (length, write) => {
        asItWas(laidOut(bytes.subarray(0, length)), write ? openJournal : openJournalReadOnly);
      }),
      { numRuns },
    );
  });

  it.each([openJournal, openJournalReadOnly])('of which nothing is left is not begun anew (%o)', (open) => {
    const folder = laidOut(Buffer.alloc(0));
    // What a runner leaves behind, which has never run without one.
    writeFileSync(lockPath(folder), '');
    expect(() => open(folder)).toThrow(/is empty, and there have been operations: it was cut short/);
    expect(readFileSync(journalPath(folder)).length).toBe(0);
    // Taken away by somebody who wants a new one, as the doctor says.
    rmSync(journalPath(folder));
    openJournal(folder).close();
    open(folder).close();
  });

  it('that is only being made is not there yet, and is made by the next one', () => {
    const folder = laidOut(Buffer.alloc(0));
    expect(() => openJournalReadOnly(folder)).toThrow(/no journal yet/);
    openJournal(folder).close();
    expect(listOperations(openJournalReadOnly(folder), 1)).toEqual([]);
  });

  it('of a later version is left alone', () => {
    const folder = laidOut(bytes);
    const db = new Database(journalPath(folder));
    db.pragma('user_version = 999');
    db.close();
    const before = readFileSync(journalPath(folder));
    for (const open of [openJournal, openJournalReadOnly]) expect(() => open(folder)).toThrow(JournalProblem);
    expect(readFileSync(journalPath(folder)).equals(before)).toBe(true);
  });
});
