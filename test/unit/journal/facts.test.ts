import { expect, it } from 'vitest';
import { rememberedFacts } from '../../../src/journal/facts.ts';
import { openJournal, openJournalReadOnly } from '../../../src/journal/journal.ts';
import { recordSnapshot } from '../../../src/journal/snapshots.ts';
import { scratch } from '../../scratch.ts';
import { snapshotRecord } from '../../fakes/snapshot-record.ts';

it('what the journal knows of a user is read once, and again as soon as anything was committed', async () => {
  const folder = scratch();
  const writer = openJournal(folder);
  const facts = rememberedFacts(openJournalReadOnly(folder));
  const before = facts.snapshots('vera');
  expect(before).toEqual([]);
  expect(facts.snapshots('vera')).toBe(before);
  expect(facts.probes('vera')).toBe(facts.probes('vera'));
  recordSnapshot(writer, { ...snapshotRecord, operation: undefined });
  // Those that are asked in one turn of the event loop are answered of one state.
  expect(facts.snapshots('vera')).toBe(before);
  await new Promise((resolve) => setImmediate(resolve));
  const now = facts.snapshots('vera');
  expect(now).toMatchObject([{ file: 'x.sqlite' }]);
  expect(facts.snapshots('vera')).toBe(now);
  expect(facts.snapshots('emo')).toEqual([]);
});
