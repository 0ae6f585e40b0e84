import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  catalog,
  fromTheFuture,
  type CatalogEntry,
  type SnapshotRecord,
} from '../../../src/snapshots/catalog.ts';
import { formatHostName, formatName, snapshotKinds } from '../../../src/snapshots/names.ts';
import { retain, type RetentionRule } from '../../../src/snapshots/retention.ts';
import { configureProperties } from './runs.ts';

/** Guarantee 9 over catalogs that nobody thought of: judged here by its words, not by the rule's own code. */

configureProperties();

const now = Date.UTC(2026, 10, 23, 12);
const day = 86_400_000;
const own = '/b/vera/cockpit';
const host = '/b/vera';

/** A file in one of the two folders, with or without what the journal knows of it. */
const found = fc.record({
  ours: fc.boolean(),
  kind: fc.constantFrom(...snapshotKinds),
  version: fc.constantFrom('0.0.24', '0.0.27', '0.0.33-nightly.20260808.1031', undefined),
  schema: fc.constantFrom(30, 32, 38),
  // Some from the future, some in the same second as others.
  age: fc.oneof(fc.integer({ min: -2, max: 400 }), fc.double({ min: 0, max: 3, noNaN: true })),
  known: fc.constantFrom('by us', 'found', 'no'),
  protected: fc.boolean(),
  fault: fc.constantFrom('none', 'none', 'none', 'damaged', 'changed', 'missing'),
});
type Found = typeof found extends fc.Arbitrary<infer Value> ? Value : never;

function catalogOf(all: readonly Found[]): CatalogEntry[] {
  const records: SnapshotRecord[] = [];
  const files: Record<'own' | 'host', { name: string; bytes: number; modified: number }[]> = {
    own: [],
    host: [],
  };
  for (const [index, each] of all.entries()) {
    const takenAt = Math.round(now - each.age * day);
    const tail = index.toString(16).padStart(8, '0');
    const name = each.ours
      ? formatName({ ...each, takenAt }, tail)
      : formatHostName(each.version ?? '0.0.24', takenAt + index * 1000);
    if (each.fault !== 'missing') files[each.ours ? 'own' : 'host'].push({ name, bytes: 100, modified: 0 });
    if (each.known === 'no') continue;
    records.push({
      id: index,
      user: 'vera',
      kind: each.kind,
      folder: each.ours ? own : host,
      file: name,
      takenAt,
      version: each.version,
      bytes: each.fault === 'changed' ? 99 : 100,
      sha256: 'a'.repeat(64),
      pageSize: 4096,
      migrations: [{ id: each.schema, name: `level ${each.schema}` }],
      work: { projects: 0, threads: 0, messages: 0, turns: 0 },
      verifiedAt: takenAt,
      operation: each.known === 'by us' ? 1 : undefined,
      protected: each.protected,
      problem: each.fault === 'damaged' ? { at: 0, words: 'malformed' } : undefined,
      tried: undefined,
    });
  }
  return catalog(
    'vera',
    { own: { path: own, files: files.own }, host: { path: host, files: files.host } },
    records,
  );
}

const catalogs = fc.array(found, { maxLength: 40 }).map(catalogOf);
const rules: fc.Arbitrary<RetentionRule> = fc.record({
  last: fc.integer({ min: 0, max: 5 }),
  daily: fc.integer({ min: 0, max: 10 }),
  weekly: fc.integer({ min: 0, max: 5 }),
  perVersion: fc.integer({ min: 0, max: 3 }),
  prerestore: fc.integer({ min: 0, max: 60 * day }),
});

const removedOf = (entries: readonly CatalogEntry[], rule: RetentionRule) =>
  retain(entries, rule, now).flatMap(({ entry, because }) => (because === undefined ? [entry] : []));
const pairOf = ({ version, record }: CatalogEntry) =>
  JSON.stringify([version, record?.migrations.at(-1)?.id]);

describe('retention, of any catalog and by any rule,', () => {
  it('removes only what this cockpit made, vouches for, and nobody protects', () => {
    fc.assert(
      fc.property(catalogs, rules, (entries, rule) => {
        for (const entry of removedOf(entries, rule)) {
          expect(entry.origin).toBe('cockpit');
          expect(entry.standing).toBe('verified');
          expect(entry.record?.operation).toBe(1);
          expect(entry.record?.protected).toBe(false);
          expect(entry.takenAt).toBeLessThanOrEqual(now + 5 * 60_000);
        }
      }),
    );
  });

  it('leaves a verified snapshot to whoever had one, and of ours the newest', () => {
    fc.assert(
      fc.property(catalogs, rules, (entries, rule) => {
        const removed = new Set(removedOf(entries, rule));
        const ours = entries.filter(
          (entry) =>
            entry.standing === 'verified' &&
            entry.origin === 'cockpit' &&
            entry.record?.operation === 1 &&
            !fromTheFuture(entry, now),
        );
        for (const kept of [ours, ours.filter((entry) => !entry.record?.protected)]) {
          const newest = Math.max(...kept.map(({ takenAt }) => takenAt));
          // Of several that were taken in the same moment one is enough.
          if (kept.length > 0)
            expect(kept.some((entry) => entry.takenAt === newest && !removed.has(entry))).toBe(true);
        }
      }),
    );
  });

  it('leaves the way back to each version and schema', () => {
    fc.assert(
      fc.property(catalogs, rules, (entries, rule) => {
        const removed = new Set(removedOf(entries, rule));
        for (const gone of removed) {
          if (gone.kind !== 'prebump') continue;
          const better = entries.some(
            (entry) =>
              entry.kind === 'prebump' &&
              entry.standing === 'verified' &&
              entry.takenAt >= gone.takenAt &&
              pairOf(entry) === pairOf(gone) &&
              !removed.has(entry),
          );
          expect(better, gone.file).toBe(true);
        }
      }),
    );
  });

  it('leaves what a restore has replaced, until it is old enough', () => {
    fc.assert(
      fc.property(catalogs, rules, (entries, rule) => {
        for (const entry of removedOf(entries, rule))
          if (entry.kind === 'prerestore')
            expect(now - entry.takenAt).toBeGreaterThanOrEqual(rule.prerestore);
      }),
    );
  });

  it('judges the others as before, whichever of those it would remove are gone already', () => {
    fc.assert(
      fc.property(catalogs, rules, fc.infiniteStream(fc.boolean()), (entries, rule, coins) => {
        const doomed = removedOf(entries, rule);
        const gone = new Set(doomed.filter(() => coins.next().value));
        const left = entries.filter((entry) => !gone.has(entry));
        expect(new Set(removedOf(left, rule))).toEqual(new Set(doomed.filter((entry) => !gone.has(entry))));
      }),
    );
  });
});
