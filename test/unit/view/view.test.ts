import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { known, unknown } from '../../../src/fleet/observation.ts';
import type { CatalogEntry } from '../../../src/snapshots/catalog.ts';
import { cell, factCell } from '../../../src/view/cell.ts';
import { columns, gap, placeColumns } from '../../../src/view/columns.ts';
import { ageText, broken, bytesText, durationText, fit, pad, width } from '../../../src/view/format.ts';
import { backupCell, instanceCells, type Seeing } from '../../../src/view/instance.ts';
import { stepStateText } from '../../../src/view/operation.ts';
import { unitCell, unitWords } from '../../../src/view/unit.ts';
import { fleetOf, instanceOf, runningUnit, startMoment } from '../../fakes/fleet.ts';

const { config } = loadConfig();
const seeing: Seeing = {
  config,
  fleet: fleetOf(instanceOf('vera')),
  wall: startMoment.wall,
  tick: startMoment.tick,
};
const minute = 60_000;

describe('quantities', () => {
  it.each([
    [0, '0s'],
    [-5000, '0s'],
    [8_900, '8s'],
    [12.9 * minute, '12m'],
    [23 * 60 * minute, '23h'],
    [31 * 60 * minute, '31h'],
    [49 * 60 * minute, '2d'],
    [400 * 24 * 60 * minute, '400d'],
  ])('an age of %i ms is %s', (age, text) => {
    expect(ageText(age)).toBe(text);
  });

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_500_000, '1.5 MB'],
    [438_272, '438 kB'],
    [99_999, '100 kB'],
    [201_000_000, '201 MB'],
    [4_200_000_000, '4.2 GB'],
  ])('%i bytes are %s, and fit seven columns', (bytes, text) => {
    expect(bytesText(bytes)).toBe(text);
    expect(width(text)).toBeLessThanOrEqual(7);
  });

  it('tell how long something took', () => {
    expect([340, 1240, 123_000].map(durationText)).toEqual(['340ms', '1.2s', '2m 3s']);
  });

  it('are cut by what a terminal shows, not by characters', () => {
    expect(width(pad('表表', 5))).toBe(5);
    expect(width(fit('表表表表', 5))).toBeLessThanOrEqual(5);
    expect(fit('0.0.33-nightly.20260808.1031', 14, 'middle')).toMatch(/^0\.0\.33.*1031$/);
    expect(pad('7', 3, 'right')).toBe('  7');
  });
});

describe('a fact', () => {
  const show = (value: string) => cell(value, 'ok');
  const at = { wall: 0, tick: 0 };

  it('that was not looked at is neither fine nor wrong', () => {
    expect(factCell({ kind: 'pending' }, 0, 1000, show)).toEqual(cell('…', 'muted'));
  });

  it('that is unknown says why', () => {
    expect(factCell(unknown('no answer in 3 s', at), 0, 1000, show)).toEqual(
      cell('? no answer in 3 s', 'unknown'),
    );
  });

  it('that is old looks old, in words as well', () => {
    expect(factCell(known('yes', at), 3000, 1000, show)).toEqual(cell('yes', 'ok'));
    expect(factCell(known('yes', at), 3001, 1000, show)).toEqual(cell('~yes', 'stale'));
  });
});

describe('the state of a unit', () => {
  it.each([
    [{}, 'running', 'ok'],
    [{ active: 'inactive', sub: 'dead' }, 'stopped', 'attention'],
    [{ active: 'failed', sub: 'failed', result: 'exit-code', exitStatus: 130 }, 'stopped', 'attention'],
    [{ active: 'failed', sub: 'failed', result: 'exit-code', exitStatus: 1 }, 'failed (1)', 'danger'],
    [{ active: 'failed', sub: 'failed', result: 'oom-kill' }, 'out of memory', 'danger'],
    [{ active: 'failed', sub: 'failed', result: 'start-limit-hit' }, 'gave up', 'danger'],
    [{ active: 'failed', sub: 'failed', result: 'signal', exitStatus: 9 }, 'killed (9)', 'danger'],
    // As systemd 252 leaves a server that crashed until it was not started any more.
    [{ active: 'failed', result: 'exit-code', exitStatus: 1, restarts: 5 }, 'gave up', 'danger'],
    [{ active: 'failed', result: 'signal', exitStatus: 9, restarts: 5 }, 'gave up', 'danger'],
    [{ active: 'failed', result: 'oom-kill', restarts: 5 }, 'out of memory', 'danger'],
    // It had crashed once, and was stopped on purpose since.
    [{ active: 'failed', result: 'exit-code', exitStatus: 130, restarts: 1 }, 'stopped', 'attention'],
    [{ active: 'failed', sub: 'failed', result: 'timeout' }, 'failed: timeout', 'danger'],
    [{ active: 'activating', sub: 'start' }, 'starting', 'attention'],
    [{ active: 'activating', sub: 'auto-restart' }, 'crash-looping', 'danger'],
    [{ active: 'deactivating', sub: 'stop-sigterm' }, 'stopping', 'attention'],
    [{ load: 'not-found', active: 'inactive', sub: 'dead' }, 'no unit', 'danger'],
    [{ load: 'masked', active: 'inactive', sub: 'dead' }, 'masked', 'danger'],
  ])('%j is said as %s', (difference, text, tone) => {
    expect(unitCell({ ...runningUnit, ...difference })).toEqual(cell(text, tone as 'ok'));
  });

  it.each([
    [{}, undefined],
    [{ active: 'inactive', sub: 'dead' }, undefined],
    [{ active: 'failed', result: 'exit-code', exitStatus: 130 }, undefined],
    [{ active: 'activating', sub: 'auto-restart', restarts: 12 }, /12 times by now; its log/],
    [
      { active: 'failed', result: 'start-limit-hit' },
      /too often .* systemctl reset-failed \S+ && systemctl start/,
    ],
    [{ active: 'failed', result: 'oom-kill' }, /memory/],
    [
      { active: 'failed', result: 'signal', exitStatus: 9, restarts: 5 },
      /too often .* at last it was killed \(SIGKILL\), as the kernel does when its memory .* reset-failed/,
    ],
    [
      { active: 'failed', result: 'exit-code', exitStatus: 1, restarts: 5 },
      /at last it ended with exit code 1;/,
    ],
    [{ active: 'failed', result: 'timeout', exitStatus: 9 }, /did not end when it was asked to/],
    [{ kills: 3 }, undefined],
    [{ active: 'failed', result: 'signal', exitStatus: 9 }, /SIGKILL.*memory/],
    [{ load: 'masked', active: 'inactive' }, /systemctl unmask --runtime t3-serve@/],
    [{ load: 'not-found', active: 'inactive' }, /paths\.unitTemplate/],
  ])('%j is explained where the word does not say it', (difference, words) => {
    const found = unitWords({ ...runningUnit, ...difference });
    if (words === undefined) expect(found).toBeUndefined();
    else expect(found).toMatch(words);
  });
});

describe('a backup', () => {
  const entry = (hours: number, standing: CatalogEntry['standing']): CatalogEntry => ({
    user: 'vera',
    origin: standing === 'verified' ? 'cockpit' : 'host',
    folder: '/b',
    file: `${hours}`,
    kind: 'daily',
    version: undefined,
    takenAt: startMoment.wall - hours * 60 * minute,
    bytes: 1,
    standing,
    record: undefined,
  });

  it.each([
    [[], 'none', 'danger'],
    [[entry(1, 'verified')], '1h verified', 'ok'],
    [[entry(1, 'unverified'), entry(2, 'verified')], '1h unverified', 'attention'],
    [[entry(31, 'verified')], '31h late', 'danger'],
    [[entry(1, 'changed')], 'none', 'danger'],
    [[entry(1, 'missing'), entry(5, 'verified')], '5h verified', 'ok'],
  ])('of %# is %s', (entries, text, tone) => {
    expect(backupCell(entries, seeing)).toEqual(cell(text, tone as 'ok'));
  });
});

describe('an instance', () => {
  it('is marked where what runs is not what is installed', () => {
    const instance = instanceOf('vera', { liveness: known({ version: '0.0.23', latency: 2 }, startMoment) });
    expect(instanceCells(instance, seeing).runs).toEqual(cell('0.0.23 ≠', 'attention'));
  });

  it('is marked when it hosts this session, and when that cannot be told', () => {
    const marks = (hosting: Parameters<typeof instanceOf>[1]) =>
      instanceCells(instanceOf('vera', hosting), seeing).marks.text;
    expect(marks({ hosting: known({ hosts: true, because: 'this cockpit' }, startMoment) })).toBe('hosting');
    expect(marks({ hosting: unknown('tmux did not answer', startMoment) })).toBe('hosting?');
    expect(marks({})).toBe('');
  });
});

describe('the columns', () => {
  it.each([55, 75, 115, 195, 400])('of a screen of %i fit it, and the dearest are there', (total) => {
    const placed = placeColumns(total);
    const used = placed.reduce((sum, column) => sum + column.width, 0) + gap * (placed.length - 1);
    expect(used).toBeLessThanOrEqual(total);
    expect(placed.map((column) => column.key)).toEqual(expect.arrayContaining(['user', 'state', 'backup']));
    for (const column of placed) expect(column.width).toBeGreaterThanOrEqual(column.min);
  });

  it('are all there on a wide one, and are dropped by priority', () => {
    expect(placeColumns(195)).toHaveLength(columns.length);
    const dropped = (total: number) =>
      columns.filter((column) => !placeColumns(total).some((each) => each.key === column.key));
    expect(Math.min(...dropped(75).map((column) => column.priority))).toBeGreaterThanOrEqual(
      Math.max(...placeColumns(75).map((column) => column.priority)),
    );
  });
});

describe('a line that is too long', () => {
  it('is broken between words, and in them where one does not fit: nothing is lost', () => {
    expect(broken('npm install --prefix=/a/very/long/path x', 12)).toEqual([
      'npm install',
      '--prefix=/a/',
      'very/long/pa',
      'th x',
    ]);
    expect(broken('王小明王小明', 4)).toEqual(['王小', '明王', '小明']);
    expect(broken('', 10)).toEqual(['']);
  });
});

describe('how a step stands', () => {
  it('is said as it is recorded, but for one that never began', () => {
    expect(stepStateText({ state: 'interrupted', startedAt: 5 })).toBe('interrupted');
    expect(stepStateText({ state: 'interrupted', startedAt: undefined })).toBe('not begun');
    expect(stepStateText({ state: 'failed', startedAt: 5 })).toBe('failed');
  });
});
