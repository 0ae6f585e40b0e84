import { afterEach, describe, expect, it, vi } from 'vitest';
import { LogWatch } from '../../../src/cockpit/log-watch.ts';
import { reduce } from '../../../src/cockpit/reducer.ts';
import { logLimit, type CockpitState } from '../../../src/cockpit/state.ts';
import type { Host } from '../../../src/host/host.ts';
import type { UnitJournal, UnitRecord } from '../../../src/host/unit-journal/unit-journal.ts';
import { four, textOf, wall, windowOf } from '../../fakes/cockpit.ts';

const record = (text: string, at = wall, kind: UnitRecord['kind'] = 'line'): UnitRecord => ({
  at,
  unit: 't3-serve@alice.service',
  kind,
  invocation: 'x',
  ...(kind === 'line' ? { text } : {}),
});

function watching(read: UnitJournal['read']) {
  const told: string[] = [];
  const followed: { unit: string; since: number; told: (record: UnitRecord) => void; finished: boolean }[] =
    [];
  const host = {
    clock: { now: () => wall, monotonic: () => 0 },
    unitJournal: {
      read,
      follow: (unit: string, since: number, tell: (record: UnitRecord) => void) => {
        const entry = { unit, since, told: tell, finished: false };
        followed.push(entry);
        return { finish: () => ((entry.finished = true), Promise.reject(new Error('gone'))) };
      },
    },
  } as unknown as Host;
  const watch = new LogWatch(host, {
    read: (user, records) => told.push(`${user}: ${records.length} so far`),
    more: (user, records) => told.push(`${user}: ${records.map(({ text }) => text).join(', ')}`),
    problem: (user, words) => told.push(`${user}: problem: ${words}`),
  });
  return { watch, told, followed };
}

afterEach(() => vi.useRealTimers());

describe('the log of a unit', () => {
  it('is read when it is looked at, followed from its last record on, and told in bunches', async () => {
    vi.useFakeTimers();
    const { watch, told, followed } = watching(() => Promise.resolve([record('a', wall - 5)]));
    watch.show('alice', 't3-serve@alice.service');
    watch.show('alice', 't3-serve@alice.service');
    await vi.advanceTimersByTimeAsync(0);
    expect(followed).toMatchObject([{ unit: 't3-serve@alice.service', since: wall - 4 }]);
    followed[0]?.told(record('b'));
    followed[0]?.told(record('c'));
    await vi.advanceTimersByTimeAsync(1000);
    expect(told).toEqual(['alice: 1 so far', 'alice: b, c']);
  });

  it('of one who is looked at no more is left alone, whatever it still tells, and however it ends', async () => {
    vi.useFakeTimers();
    const { watch, told, followed } = watching(() => Promise.resolve([]));
    watch.show('alice', 'a');
    await vi.advanceTimersByTimeAsync(0);
    watch.show(undefined, undefined);
    watch.show('alice', 'a');
    await vi.advanceTimersByTimeAsync(0);
    expect(followed.map(({ finished }) => finished)).toEqual([true, false]);
    followed[0]?.told(record('late'));
    await vi.advanceTimersByTimeAsync(1000);
    expect(told).toEqual(['alice: 0 so far', 'alice: 0 so far']);
  });

  it('that cannot be read says why', async () => {
    const { watch, told } = watching(() => Promise.reject(new Error('no permission')));
    watch.show('alice', 'a');
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual(['alice: problem: no permission']);
  });
});

describe('the tab', () => {
  const opened = (): CockpitState =>
    reduce(four({ columns: 80, rows: 24 }), {
      type: 'mode',
      mode: { kind: 'detail', tab: 'log', offset: Number.MAX_SAFE_INTEGER, from: 'instance' },
    });
  const text = (state: CockpitState) => windowOf(state).lines.map(textOf).join('\n');

  it('shows all of it, breaks what is long, and stays at the end until one scrolls up', () => {
    const records = [
      record('', wall, 'started'),
      ...Array.from({ length: 60 }, (_, index) => record(`line ${index} ${'x'.repeat(100)}`)),
    ];
    let state = reduce(opened(), { type: 'log', log: { user: 'alice', records, problem: undefined } });
    expect(text(state)).toContain('line 59');
    state = reduce(state, { type: 'log lines', user: 'alice', records: [record('the newest')] });
    expect(text(state)).toContain('the newest');
    state = reduce(state, { type: 'move', by: -1 });
    state = reduce(state, { type: 'log lines', user: 'alice', records: [record('newer still')] });
    expect(text(state)).not.toContain('newer still');
    state = reduce(state, { type: 'move', by: 'last' });
    state = reduce(state, { type: 'log lines', user: 'alice', records: [record('at the end again')] });
    expect(text(state)).toContain('at the end again');
    expect(text(reduce(state, { type: 'move', by: 'first' }))).toMatch(/was started\n.*line 0\n? *x+\n? +x+/);
  });

  it('keeps a bounded number of lines, of nobody else, and none when it is left', () => {
    let state = reduce(opened(), { type: 'log', log: { user: 'alice', records: [], problem: undefined } });
    expect(text(state)).toContain('nothing in the last day');
    const many = Array.from({ length: logLimit + 50 }, (_, index) => record(String(index)));
    state = reduce(state, { type: 'log lines', user: 'alice', records: many });
    expect(state.log?.records).toHaveLength(logLimit);
    expect(reduce(state, { type: 'log lines', user: 'bob', records: many })).toBe(state);
    expect(reduce(state, { type: 'mode', mode: { kind: 'fleet', pane: 'instance' } }).log).toBeUndefined();
  });

  it('says why it cannot be read', () => {
    const log = { user: 'alice', records: [], problem: 'no permission' };
    expect(text(reduce(opened(), { type: 'log', log }))).toContain('unknown: no permission');
  });
});
