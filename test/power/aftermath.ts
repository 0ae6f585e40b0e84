import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import { openJournalReadOnly } from '../../src/journal/journal.ts';
import { listOperations } from '../../src/journal/operations.ts';
import { readSnapshots } from '../../src/journal/snapshots.ts';
import { parseName } from '../../src/snapshots/names.ts';
import { retreat, settle } from '../../src/snapshots/owner/replacement.ts';
import { dumpWork, integrityOf } from '../sandbox/databases.ts';
import { fingerprint, materialize, sumOf } from './tree.ts';
import { placesIn, type Scenario } from './operation.ts';
import type { Recording } from './recording.ts';

/** What a journal says after a crash. */
interface Told {
  /** The snapshots that it vouches for. */
  vouched: { file: string; sha256: string }[];
  /** How the newest operation has ended, if it has. */
  outcome: string | undefined;
}

/**
 * What must be so of what a crash has left, found in real files and by SQLite. Most states differ from others in the
 * database alone, or in the journal alone: what was looked at once is remembered.
 */
export class Aftermath {
  readonly #recording: Recording;
  readonly #scenario: Scenario;
  readonly #scratch: string;
  readonly #databases = new Map<string, 'old' | 'chosen'>();
  readonly #journals = new Map<string, Told>();
  readonly #snapshots = new Set<string>();

  /** @param scratch A folder of its own, where files are laid out and taken away again. */
  constructor(recording: Recording, scenario: Scenario, scratch: string) {
    this.#recording = recording;
    this.#scenario = scenario;
    this.#scratch = scratch;
  }

  /** @throws where it is not as was promised. */
  look(files: ReadonlyMap<string, Buffer>): void {
    const { live, folder, state } = placesIn(this.#recording.root);
    const below = (place: string) =>
      new Map([...files].filter(([file]) => file.startsWith(`${place}/`) && !file.endsWith('-shm')));
    const found = this.#databaseIn(below(path.dirname(live)));
    const { vouched, outcome } = this.#toldBy(below(state));
    // What was said to be done is done.
    if (outcome !== undefined)
      expect([outcome, found]).toEqual([
        outcome,
        this.#scenario === 'restore' && outcome === 'succeeded' ? 'chosen' : 'old',
      ]);
    const doomed = this.#scenario === 'removal' ? this.#recording.doomed : undefined;
    for (const { file, sha256 } of vouched) {
      const bytes = files.get(file);
      // What was about to be removed may be gone before the journal hears of it.
      if (bytes === undefined && path.basename(file) === doomed) continue;
      expect(bytes === undefined ? 'gone' : sumOf(bytes), path.basename(file)).toBe(sha256);
    }
    if (doomed !== undefined)
      expect(vouched.filter(({ file }) => files.has(file)).length, 'snapshots left').toBeGreaterThan(0);
    for (const [file, bytes] of below(folder))
      if (parseName(path.basename(file)) !== undefined) this.#snapshot(file, bytes);
  }

  #snapshot(file: string, bytes: Buffer): void {
    const sum = sumOf(bytes);
    if (this.#snapshots.has(sum)) return;
    materialize(new Map([[file, bytes]]), this.#recording.root, this.#scratch);
    const laidOut = path.join(this.#scratch, path.relative(this.#recording.root, file));
    expect([file, integrityOf(laidOut)]).toEqual([file, 'ok']);
    this.#snapshots.add(sum);
  }

  #databaseIn(files: ReadonlyMap<string, Buffer>): 'old' | 'chosen' {
    const print = fingerprint(files);
    const known = this.#databases.get(print);
    if (known !== undefined) return known;
    const { live, home } = placesIn(this.#scratch);
    const layOut = () => materialize(files, this.#recording.root, this.#scratch);
    layOut();
    // A server opens its database as it is, long before anybody clears up.
    const found = this.#workIn(live);
    this.#databases.set(print, found);
    if (!this.#scenario.startsWith('restore')) return found;
    // Or the next runner comes first.
    layOut();
    const about = { live, home, base: `${live}.t3-cockpit-abcdef12` };
    const which = retreat({ verb: 'retreat', ...about });
    expect(this.#workIn(live)).toBe(found);
    if (which === 'new') return found;
    settle({ verb: 'settle', ...about });
    expect(this.#workIn(live)).toBe(found);
    expect(readdirSync(path.dirname(live)).filter((name) => name.includes('t3-cockpit'))).toEqual([]);
    return found;
  }

  /** The database is whole, and its content exactly one of two. */
  #workIn(live: string): 'old' | 'chosen' {
    expect(existsSync(live), 'there is a database').toBe(true);
    expect(openedBy(live)).toBe('ok');
    const now = dumpWork(live);
    const { before, chosen } = this.#recording;
    expect(now === before || now === chosen, 'it is the old database or the chosen one').toBe(true);
    return now === before ? 'old' : 'chosen';
  }

  /** Nothing, where there is no journal yet. */
  #toldBy(files: ReadonlyMap<string, Buffer>): Told {
    const print = fingerprint(files);
    const known = this.#journals.get(print);
    if (known !== undefined) return known;
    const { state } = placesIn(this.#scratch);
    materialize(files, this.#recording.root, this.#scratch);
    const told: Told = { vouched: [], outcome: undefined };
    const journal = path.join(state, 'journal.sqlite');
    if (existsSync(journal) && hasTables(journal)) {
      expect(openedBy(journal)).toBe('ok');
      const db = openJournalReadOnly(state);
      try {
        for (const { folder, file, sha256, problem } of readSnapshots(db))
          if (problem === undefined) told.vouched.push({ file: path.join(folder, file), sha256 });
        const newest = listOperations(db, 1)[0];
        if (newest !== undefined && newest.id > this.#recording.earlier) told.outcome = newest.outcome;
      } finally {
        db.close();
      }
    }
    this.#journals.set(print, told);
    return told;
  }
}

/** Open it as its server would: what was cut off is rolled back, or replayed. @returns what `integrity_check` says */
export function openedBy(file: string): unknown {
  const db = new Database(file, { fileMustExist: true });
  try {
    return db.pragma('integrity_check', { simple: true });
  } finally {
    db.close();
  }
}

/** A journal that was being made, of which nothing was on the disk yet: nobody vouches for anything. */
export function hasTables(journal: string): boolean {
  const db = new Database(journal, { fileMustExist: true });
  try {
    return db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'snapshots'`).get() !== undefined;
  } finally {
    db.close();
  }
}
