import { describe, expect, it } from 'vitest';
import { formatName, parseHostName, parseName, type SnapshotName } from '../../../src/snapshots/names.ts';

describe('the names of our snapshots', () => {
  it.each<SnapshotName>([
    { kind: 'manual', version: '0.0.24', takenAt: Date.UTC(2026, 10, 23, 12, 43, 7) },
    { kind: 'prebump', version: '0.0.33-nightly.20260808.1031', takenAt: Date.UTC(2026, 0, 1) },
    { kind: 'prerestore', version: undefined, takenAt: Date.UTC(2026, 5, 30, 23, 59, 59) },
  ])('are read back as written: %j', (name) => {
    const file = formatName(name, '3f9a1c2b');
    expect(parseName(file)).toEqual(name);
    expect(file).not.toContain('/');
  });

  it('sort by time', () => {
    const at = (takenAt: number) => formatName({ kind: 'manual', version: '0.0.24', takenAt }, 'ffffff');
    expect([at(2_000_000), at(1_000_000)].toSorted()).toEqual([at(1_000_000), at(2_000_000)]);
  });

  it.each([
    'manual-0.0.24-20261123T124307Z-3f9a1c.sqlite.partial',
    'manual-0.0.24-20261123T124307Z-3f9a1c.json',
    'manual-banana-20261123T124307Z-3f9a1c.sqlite',
    'manual-0.0.24-20261399T124307Z-3f9a1c.sqlite',
    'weekly-0.0.24-20261123T124307Z-3f9a1c.sqlite',
    'manual-0.0.24-20261123T124307Z-../../x.sqlite',
    'state-20261123-033000.sqlite',
  ])('%j is none', (file) => {
    expect(parseName(file)).toBeUndefined();
  });
});

describe('the names of the host’s snapshots', () => {
  it('are in local time', () => {
    expect(parseHostName('state-20261123-033000.sqlite')).toEqual({
      kind: 'daily',
      version: undefined,
      takenAt: new Date(2026, 10, 23, 3, 30, 0).getTime(),
    });
    expect(parseHostName('state-prebump-0.0.25-20260609-011500.sqlite')).toMatchObject({
      kind: 'prebump',
      version: '0.0.25',
    });
    expect(parseHostName('state-prebump-0.0.33-nightly.20260808.1031-20260809-011500.sqlite')).toMatchObject({
      version: '0.0.33-nightly.20260808.1031',
    });
  });

  it.each([
    'state-20261323-033000.sqlite',
    'state-20260231-033000.sqlite',
    'state-20261123-253000.sqlite',
    'state-prebump--20261123-033000.sqlite',
    'state.sqlite',
  ])('%j is none', (file) => {
    expect(parseHostName(file)).toBeUndefined();
  });
});
