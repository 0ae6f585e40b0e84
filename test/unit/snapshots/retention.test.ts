import { describe, expect, it } from 'vitest';
import type { CatalogEntry, SnapshotRecord } from '../../../src/snapshots/catalog.ts';
import { retain, type RetentionRule } from '../../../src/snapshots/retention.ts';

const now = Date.UTC(2026, 10, 23, 12);
const day = 86_400_000;
const rule: RetentionRule = { last: 1, daily: 0, weekly: 0, perVersion: 1, prerestore: 30 * day };

interface Facts extends Partial<Omit<CatalogEntry, 'record'>> {
  record?: Partial<SnapshotRecord> | 'none';
}

let count = 0;
function entry(ageDays: number, { record = {}, ...facts }: Facts = {}): CatalogEntry {
  const base: Omit<CatalogEntry, 'record'> = {
    user: 'vera',
    origin: 'cockpit',
    folder: '/b/vera/cockpit',
    file: `snapshot-${(count += 1)}.sqlite`,
    kind: 'manual',
    version: '0.0.24',
    takenAt: now - ageDays * day,
    bytes: 100,
    standing: 'verified',
    ...facts,
  };
  const full: SnapshotRecord = {
    id: 1,
    user: base.user,
    kind: base.kind,
    folder: base.folder,
    file: base.file,
    takenAt: base.takenAt,
    version: base.version,
    bytes: 100,
    sha256: 'a'.repeat(64),
    pageSize: 4096,
    migrations: [{ id: 30, name: 'x' }],
    work: { projects: 0, threads: 0, messages: 0, turns: 0 },
    verifiedAt: base.takenAt,
    operation: 1,
    protected: false,
    problem: undefined,
    tried: undefined,
    ...(record === 'none' ? {} : record),
  };
  return { ...base, record: record === 'none' ? undefined : full };
}

const removed = (entries: CatalogEntry[], with_: Partial<RetentionRule> = {}) =>
  retain(entries, { ...rule, ...with_ }, now)
    .filter(({ because }) => because === undefined)
    .map(({ entry: each }) => entries.indexOf(each));

describe('retention', () => {
  it('removes what nothing speaks for, and keeps the last verified one however old', () => {
    expect(removed([entry(1), entry(2), entry(3)])).toEqual([1, 2]);
    expect(removed([entry(900)])).toEqual([]);
  });

  it('does not let an unverified, damaged or changed one stand for the last', () => {
    for (const standing of ['unverified', 'damaged', 'changed'] as const)
      expect(removed([entry(1, { standing }), entry(2), entry(3)])).toEqual([2]);
  });

  it('never touches what it did not make', () => {
    const foreign = [
      entry(1),
      entry(2, { origin: 'host' }),
      entry(3, { record: 'none' }),
      entry(4, { record: { operation: undefined } }),
    ];
    expect(removed(foreign)).toEqual([]);
  });

  it('keeps the way back to every version, by prebump and otherwise', () => {
    const entries = [
      entry(1, { version: '0.0.27' }),
      entry(2, { version: '0.0.27' }),
      entry(3, { version: '0.0.24', kind: 'manual' }),
      entry(4, { version: '0.0.24', kind: 'prebump' }),
      entry(5, { version: '0.0.24', kind: 'prebump' }),
      entry(6, { version: '0.0.20', kind: 'prebump' }),
      entry(7, { version: undefined }),
    ];
    expect(removed(entries)).toEqual([1, 4]);
  });

  it('keeps the way back to every schema, where nobody knows which version it was of', () => {
    const at = (id: number) => ({ version: undefined, record: { migrations: [{ id, name: `m${id}` }] } });
    const entries = [
      entry(1, at(38)),
      entry(2, at(38)),
      entry(3, at(32)),
      entry(4, at(30)),
      entry(5, at(30)),
    ];
    expect(removed(entries)).toEqual([1, 4]);
    // A fork's migration of the same number is another schema.
    const fork = { version: undefined, record: { migrations: [{ id: 30, name: 'theirs' }] } };
    expect(removed([...entries, entry(6, fork)])).toEqual([1, 4]);
  });

  it('keeps what a restore replaced for its time, and no longer', () => {
    const entries = [entry(1), entry(29, { kind: 'prerestore' }), entry(31, { kind: 'prerestore' })];
    expect(removed(entries)).toEqual([2]);
  });

  it('keeps what is protected, and what is from the future', () => {
    expect(removed([entry(-3), entry(1), entry(2, { record: { protected: true } }), entry(3)])).toEqual([3]);
  });

  it('keeps the newest of each day and of each week', () => {
    const entries = [entry(0), entry(0.1), entry(1), entry(1.1), entry(2), entry(9), entry(10), entry(20)];
    expect(removed(entries, { daily: 2 })).toEqual([1, 3, 4, 5, 6, 7]);
    // Monday the 23rd; the weeks from the 16th, the 9th and the 2nd.
    expect(removed(entries, { weekly: 3 })).toEqual([1, 3, 4, 6, 7]);
  });

  it('says of each kept one why', () => {
    const reasons = retain([entry(0), entry(1, { record: { protected: true } })], rule, now);
    expect(reasons.map(({ because }) => because)).toEqual(['the newest verified one', 'protected']);
  });

  it('judges the rest the same after each removal', () => {
    const random = (seed: number) => {
      let state = seed;
      return () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
    };
    for (let seed = 1; seed <= 200; seed += 1) {
      const next = random(seed);
      const kinds = ['manual', 'daily', 'prebump', 'prerestore'] as const;
      let entries = Array.from({ length: 12 }, () =>
        entry(Math.floor(next() * 60), {
          kind: kinds[Math.floor(next() * 4)] ?? 'manual',
          version: ['0.0.24', '0.0.27', undefined][Math.floor(next() * 3)],
          standing: next() < 0.8 ? 'verified' : 'damaged',
        }),
      ).toSorted((a, b) => b.takenAt - a.takenAt);
      const full = { last: 2, daily: 3, weekly: 2, perVersion: 1, prerestore: 10 * day };
      const planned = retain(entries, full, now).filter(({ because }) => because === undefined);
      for (const { entry: gone } of planned) {
        const again = retain(entries, full, now).find(({ entry: each }) => each === gone);
        expect(again?.because, `seed ${seed}`).toBeUndefined();
        entries = entries.filter((each) => each !== gone);
      }
      expect(retain(entries, full, now).filter(({ because }) => because === undefined)).toEqual([]);
    }
  });
});
