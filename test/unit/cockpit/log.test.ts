import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LogWatch } from '../../../src/cockpit/log-watch.ts';
import { reduce } from '../../../src/cockpit/reducer.ts';
import { logLimit, type CockpitState } from '../../../src/cockpit/state.ts';
import type { Host } from '../../../src/host/host.ts';
import type { LogOptions, LogRecord } from '../../../src/host/unit-journal/unit-journal.ts';
import { four, textOf, wall, windowOf } from '../../fakes/cockpit.ts';

const record = (text: string, at = wall, kind: LogRecord['kind'] = 'line'): LogRecord => ({
  at,
  unit: 't3-serve@alice.service',
  kind,
  invocation: 'x',
  ...(kind === 'line' ? { text } : {}),
});

/** A journal that tells what it is given, until it is left. */
function watching() {
  const told: string[] = [];
  const readings: { unit: string; options: LogOptions; say: (next: LogRecord | Error) => void }[] = [];
  const host = {
    clock: { now: () => wall, monotonic: () => 0 },
    unitJournal: {
      async *log(unit: string, options: LogOptions) {
        const next: (LogRecord | Error)[] = [];
        let wake = () => {};
        options.signal.addEventListener('abort', () => wake());
        readings.push({ unit, options, say: (each) => (next.push(each), wake()) });
        while (!options.signal.aborted) {
          const each = next.shift();
          if (each instanceof Error) throw each;
          if (each !== undefined) yield each;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
      },
    },
  } as unknown as Host;
  const watch = new LogWatch(host, {
    read: (user, records) => told.push(`${user}: ${records.map(({ text }) => text).join(', ')} so far`),
    more: (user, records) => told.push(`${user}: ${records.map(({ text }) => text).join(', ')}`),
    problem: (user, words) => told.push(`${user}: problem: ${words}`),
  });
  return { watch, told, readings };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const later = () => vi.advanceTimersByTimeAsync(1000);

describe('the log of a unit', () => {
  it('is read from a day ago on when it is looked at, followed, and told in bunches', async () => {
    const { watch, told, readings } = watching();
    watch.show('alice', 't3-serve@alice.service');
    watch.show('alice', 't3-serve@alice.service');
    expect(readings).toMatchObject([
      {
        unit: 't3-serve@alice.service',
        options: { since: wall - 86_400_000, follow: true, lines: logLimit },
      },
    ]);
    readings[0]?.say(record('a'));
    await later();
    readings[0]?.say(record('b'));
    readings[0]?.say(record('c'));
    await later();
    expect(told).toEqual(['alice: a so far', 'alice: b, c']);
  });

  it('is told that is empty', async () => {
    const { watch, told } = watching();
    watch.show('alice', 'a');
    await later();
    expect(told).toEqual(['alice:  so far']);
  });

  it('that is written faster than it is told is read no faster than that', async () => {
    const { watch, told, readings } = watching();
    watch.show('alice', 'a');
    for (let line = 0; line < 3 * logLimit; line += 1) readings[0]?.say(record('x'));
    await vi.advanceTimersByTimeAsync(199);
    expect(told).toEqual([]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(told.map((each) => each.split(',').length)).toEqual([logLimit, logLimit, logLimit]);
  });

  it('of one who is looked at no more is left alone, whatever it still tells, and however it ends', async () => {
    const { watch, told, readings } = watching();
    watch.show('alice', 'a');
    readings[0]?.say(record('early'));
    watch.show(undefined, undefined);
    watch.show('alice', 'a');
    readings[0]?.say(new Error('gone'));
    await later();
    expect(readings.map(({ options }) => options.signal.aborted)).toEqual([true, false]);
    expect(told).toEqual(['alice:  so far']);
  });

  it('that cannot be read says why', async () => {
    const { watch, told, readings } = watching();
    watch.show('alice', 'a');
    readings[0]?.say(new Error('no permission'));
    await later();
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
