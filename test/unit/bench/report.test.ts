import { describe, expect, it } from 'vitest';
import { keys, limitText, ratios, said, series, single, spreadText } from '../../../bench/figures.ts';
import { lineText, merged, reportText, type Part, type Report } from '../../../bench/report.ts';

const machine = {
  processor: 'Some CPU',
  cores: 2,
  memory: '24 GB',
  system: 'Debian',
  kernel: '6.1',
  node: 'v24.0.0',
};
const part = (what: string, at = '2026-11-25T20:00:00.000Z'): Part => ({
  figures: [single(what, 'ms', 12)],
  machine,
  at,
  load: [0.5, 1.5],
  took: 61_000,
});

describe('a figure', () => {
  it('has its median, how far the measurements lie apart, and how many there were', () => {
    const figure = series('a frame', 'ms', [30, 10, 20]);
    expect(figure).toMatchObject({ median: 20, least: 10, most: 30, count: 3 });
    expect(spreadText(figure)).toBe('10 ms to 30 ms (3)');
    expect(lineText(figure)).toMatch(/^a frame +20 ms; 10 ms to 30 ms \(3\)$/);
  });

  it('of ratios is made of what ran in turn', () => {
    expect(ratios('against it', [10, 40, 90], [10, 20, 30])).toMatchObject({ median: 2, least: 1, most: 3 });
  });

  it('keeps its limit or does not, and what could not be measured does not', () => {
    expect(limitText(single('one', 'x', 9.99, 10))).toBe('10.00x: kept');
    expect(limitText(single('one', 'x', 10.01, 10))).toBe('10.00x: NOT kept');
    expect(limitText(single('one', 'x', Number.NaN, 10))).toBe('10.00x: NOT kept');
    expect(limitText(series('none', 'ms', [], 10))).toBe('10 ms: NOT kept');
    expect(limitText(single('one', 'x', 9))).toBe('');
  });

  it('of keys is held against its limit by the slow ones', () => {
    const times = Array.from({ length: 20 }, (_, index) => (index === 19 ? 60 : 10));
    expect(limitText(keys('keys', times, 50))).toBe('50 ms at 95 %: NOT kept');
    expect(limitText(keys('keys', [...times, ...times.slice(0, 19)], 50))).toBe('50 ms at 95 %: kept');
  });
});

describe('a report', () => {
  const before: Report = { schema: 2, parts: { status: part('old'), journal: part('kept') } };

  it('keeps what was not measured now, in the order of the benches', () => {
    const report = merged(before, { status: part('new'), 'first-frame': part('first') }, [
      'first-frame',
      'status',
      'journal',
      'units',
    ]);
    expect(Object.keys(report.parts)).toEqual(['first-frame', 'status', 'journal']);
    expect(report.parts['status']?.figures).toEqual([single('new', 'ms', 12)]);
    expect(report.parts['journal']).toEqual(before.parts['journal']);
  });

  it('says where and when each part was measured, and the machine once where it is one', () => {
    const text = reportText(before);
    expect(text.split('Some CPU, 2 cores').length).toBe(2);
    expect(text).toContain('## status\n\n2026-11-25 20:00 UTC, in 61 s; load 0.5 before, 1.5 after.');
    expect(text).toContain('| old | 12 ms |  |  |');
    const other = { ...before.parts, units: { ...part('far'), machine: { ...machine, memory: '8 GB' } } };
    expect(reportText({ schema: 2, parts: other })).toContain('## units\n\nSome CPU, 2 cores, 8 GB');
  });

  it('breaks no table, whatever is said', () => {
    const figures = [said('a | b', 'c|d')];
    expect(reportText({ schema: 2, parts: { one: { ...part(''), figures } } })).toContain(
      '| a \\| b | c\\|d |',
    );
  });
});
