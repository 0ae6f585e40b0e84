import { describe, expect, it } from 'vitest';
import { catalog, newestUsable, type SnapshotRecord } from '../../../src/snapshots/catalog.ts';
import { SpaceLedger } from '../../../src/snapshots/space.ts';

const own = '/backups/vera/cockpit';
const file = 'manual-0.0.24-20261123T124307Z-3f9a1c.sqlite';
const takenAt = Date.UTC(2026, 10, 23, 12, 43, 7);

const later = takenAt + 7 * 86_400_000;

const record: SnapshotRecord = {
  id: 1,
  user: 'vera',
  kind: 'manual',
  folder: own,
  file,
  takenAt,
  version: '0.0.24',
  bytes: 100,
  sha256: 'a'.repeat(64),
  pageSize: 4096,
  migrations: [{ id: 30, name: 'x' }],
  work: { projects: 0, threads: 0, messages: 0, turns: 0 },
  verifiedAt: takenAt,
  operation: 1,
  protected: false,
  problem: undefined,
  tried: undefined,
};

const entry = (name: string, bytes = 100) => ({ name, bytes, modified: 0 });
const folder = (host: string[], mine: ReturnType<typeof entry>[]) => ({
  host: { path: '/backups/vera', files: host.map((name) => entry(name)) },
  own: { path: own, files: mine },
});

describe('the catalog', () => {
  it('vouches for what the journal vouches for', () => {
    expect(catalog('vera', folder([], [entry(file)]), [record])).toMatchObject([
      { standing: 'verified', record, takenAt },
    ]);
  });

  it('never lists a partial file, a manifest, or a stranger', () => {
    const files = [entry(`${file}.partial`), entry(file.replace('.sqlite', '.json')), entry('notes.txt')];
    expect(catalog('vera', folder(['state-20261123-033000.sqlite-wal', 'x'], files), [])).toEqual([]);
  });

  it('does not vouch for a file that only has the right name', () => {
    expect(catalog('vera', folder([], [entry(file)]), [])[0]?.standing).toBe('unverified');
    expect(
      catalog('vera', folder([], [entry(file)]), [{ ...record, folder: '/elsewhere' }])[0]?.standing,
    ).toBe('unverified');
  });

  it('sees that a file is not the one that was verified, or is gone', () => {
    expect(catalog('vera', folder([], [entry(file, 99)]), [record])[0]?.standing).toBe('changed');
    expect(catalog('vera', folder([], []), [record])[0]?.standing).toBe('missing');
  });

  it('orders by the time in the name, whoever made it', () => {
    const entries = catalog(
      'vera',
      folder(['state-20261120-033000.sqlite', 'state-20261125-033000.sqlite'], [entry(file)]),
      [record],
    );
    expect(entries.map((each) => each.file)).toEqual([
      'state-20261125-033000.sqlite',
      file,
      'state-20261120-033000.sqlite',
    ]);
  });

  it('tells two of one second apart by what was recorded', () => {
    const first = { ...record, id: 2, file: file.replace('3f9a1c', 'ffffff'), takenAt: takenAt + 100 };
    const second = { ...record, id: 3, file: file.replace('3f9a1c', '000000'), takenAt: takenAt + 900 };
    const third = { ...record, id: 4, file: file.replace('3f9a1c', '888888'), takenAt: takenAt + 950 };
    const records = [first, second, third];
    const entries = catalog(
      'vera',
      folder(
        [],
        records.map((each) => entry(each.file)),
      ),
      records,
    );
    expect(entries.map((each) => each.file)).toEqual([third.file, second.file, first.file]);
  });

  it('goes back to a verified one, and never to one that changed', () => {
    const entries = catalog('vera', folder(['state-20261125-033000.sqlite'], [entry(file)]), [record]);
    expect(newestUsable(entries, later).verified?.file).toBe(file);
    expect(newestUsable(entries, later).any?.file).toBe('state-20261125-033000.sqlite');
    expect(newestUsable(catalog('vera', folder([], [entry(file, 99)]), [record]), later)).toEqual({
      verified: undefined,
      any: undefined,
    });
  });
});

describe('the space ledger', () => {
  it('does not promise the same space twice', () => {
    const space = new SpaceLedger();
    expect(space.promise('a', 1n, 60, 100, 10)).toBe(0);
    expect(space.promise('b', 1n, 60, 100, 10)).toBe(30);
    expect(space.promise('b', 2n, 60, 100, 10)).toBe(0);
  });

  it('counts what is written as no longer free, not as promised as well', () => {
    const space = new SpaceLedger();
    space.promise('a', 1n, 60, 100, 0);
    space.written('a', 50);
    expect(space.promise('b', 1n, 40, 50, 0)).toBe(0);
    space.release('a');
    space.release('b');
    expect(space.promise('c', 1n, 50, 50, 0)).toBe(0);
  });
});
