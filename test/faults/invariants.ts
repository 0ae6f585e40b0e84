import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { openJournalReadOnly } from '../../src/journal/journal.ts';
import { readSnapshots } from '../../src/journal/snapshots.ts';
import { parseName } from '../../src/snapshots/names.ts';
import { filesBelow } from '../power/tree.ts';
import { placesIn, type Scenario } from '../power/operation.ts';
import { workIn } from '../power/recording.ts';
import { dumpWork, integrityOf } from '../sandbox/databases.ts';

/** How everything stood before an operation. */
export interface Standing {
  scenario: Scenario;
  root: string;
  before: string;
  chosen: string | undefined;
  doomed: string | undefined;
}

/** What must be so however an operation ended, by what is on the disk. */
export function expectWell({ scenario, root, before, chosen, doomed }: Standing, outcome: string): void {
  const { live, folder, state } = placesIn(root);
  const now = workIn(filesBelow(path.dirname(live)).files, live, `${root}.look`);
  const restored = scenario === 'restore' && outcome === 'succeeded';
  // A way back that has failed in turn stands where it does; nothing is lost then either.
  const stuck = outcome === 'failed' && now === chosen;
  expect(stuck || now === (restored ? chosen : before), `${outcome}: the database is as that says`).toBe(
    true,
  );
  if (stuck || restored) {
    const kept = readdirSync(folder).filter((name) => /^prerestore-.*\.sqlite$/.test(name));
    expect(
      kept.some((name) => dumpWork(path.join(folder, name)) === before),
      'the old one is kept',
    ).toBe(true);
  }
  // What SQLite has beside a database, a journal that it will play back included.
  const beside = readdirSync(path.dirname(live)).filter(
    (name) => !/^state\.sqlite(-wal|-shm|-journal)?$/.test(name),
  );
  // What could not be cleared up is said, and stays for whoever looks.
  if (outcome !== 'failed') expect(beside, outcome).toEqual([]);

  const journal = openJournalReadOnly(state);
  const records = readSnapshots(journal);
  journal.close();
  const files = existsSync(folder) ? readdirSync(folder) : [];
  for (const { file, sha256, problem } of records) {
    if (problem !== undefined) continue;
    if (scenario === 'removal' && file === doomed && outcome === 'failed') continue;
    expect(files).toContain(file);
    expect(
      createHash('sha256')
        .update(readFileSync(path.join(folder, file)))
        .digest('hex'),
    ).toBe(sha256);
  }
  const named = files.filter((name) => parseName(name) !== undefined);
  for (const name of named) expect([name, integrityOf(path.join(folder, name))]).toEqual([name, 'ok']);
  if (scenario === 'removal') expect(named.length).toBeGreaterThan(0);
  if (outcome === 'succeeded' && (scenario === 'snapshot' || scenario === 'cold copy'))
    expect(records.some(({ kind }) => kind === 'prebump')).toBe(true);
  if (outcome !== 'failed') expect(files.filter((name) => name.includes('.partial'))).toEqual([]);
}
