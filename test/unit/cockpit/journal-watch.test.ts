import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { JournalWatch } from '../../../src/cockpit/journal-watch.ts';
import type { Sqlite } from '../../../src/host/sqlite.ts';
import { journalPath, openJournal } from '../../../src/journal/journal.ts';
import { Recorder, recordOperation, recordOutcome, recordPlace } from '../../../src/journal/recorder.ts';
import { fakeHost } from '../../fakes/host.ts';
import { scratch } from '../../scratch.ts';

/** How soon it is seen that something was recorded, by a clock that only goes on when it is told to. */

let state: string;
let journal: Sqlite;
let watch: JournalWatch;
let news: number;
let running: string[];
let watched: readonly string[];
/** The files of the journal have changed. */
let tell: () => void;
let lives: boolean;

beforeEach(async () => {
  vi.useFakeTimers();
  state = scratch();
  journal = openJournal(state);
  [news, running, lives] = [0, [], true];
  const clock = {
    now: () => Date.now(),
    monotonic: () => Date.now(),
    wall: 0,
    tick: 0,
    advance: () => undefined,
  };
  const host = fakeHost({
    clock,
    runners: {
      launch: () => Promise.reject(new Error('nothing is run here')),
      here: () => ({ kind: 'group', group: 1, cookie: '', boot: '' }),
      lives: () => Promise.resolve(lives),
    },
    watch: (changed) => ({
      set(paths) {
        watched = paths;
        tell = () => changed(paths[0] ?? '');
      },
      close: () => Promise.resolve(),
    }),
  });
  watch = new JournalWatch(state, host, {
    operation: ({ operation }) => running.push(operation.state),
    cutOff: () => undefined,
    news: () => (news += 1),
    done: () => undefined,
    problem: () => undefined,
  });
  watch.start();
  // Past what counts as lively for having begun, and the first look at all there is.
  await vi.advanceTimersByTimeAsync(5000);
  news = 0;
});
afterEach(() => {
  watch.stop();
  journal.close();
  vi.useRealTimers();
});

const clock = { now: () => Date.now(), monotonic: () => Date.now() };

/** An operation that somebody else begins. */
function begin(): Recorder {
  const id = recordOperation(journal, clock, {
    kind: 'backup',
    request: {},
    plan: {},
    config: {},
    actor: { user: 'root', uid: 0, surface: 'command', pid: 1 },
    steps: [{ id: 'ada/snapshot', user: 'ada', kind: 'snapshot', title: 'snapshot' }],
    session: [],
  });
  recordPlace(journal, id, { kind: 'group', group: 1, cookie: '', boot: '' });
  const recorder = new Recorder(journal, journal, clock, id);
  recorder.started();
  return recorder;
}

describe('the journal', () => {
  it('is asked at once when its files change, and often for a while: they change before they can be read', async () => {
    expect(watched).toEqual([journalPath(state), `${journalPath(state)}-wal`]);
    tell();
    await vi.advanceTimersByTimeAsync(0);
    expect(news).toBe(0);
    begin();
    await vi.advanceTimersByTimeAsync(100);
    expect(news).toBe(1);
    expect(running).toEqual(['running']);
  });

  it('is asked once a second where nobody tells', async () => {
    begin();
    await vi.advanceTimersByTimeAsync(1000);
    expect(news).toBe(1);
  });

  it('is asked often while an operation goes on, and rarely once it has ended', async () => {
    const recorder = begin();
    await vi.advanceTimersByTimeAsync(10_000);
    const turns = vi.getTimerCount();
    expect(turns).toBe(1);
    news = 0;
    recorder.event('info', { type: 'output', text: 'it goes on' });
    await vi.advanceTimersByTimeAsync(100);
    expect(news).toBe(1);
    recordOutcome(journal, clock, recorder.operation, 'succeeded', undefined);
    await vi.advanceTimersByTimeAsync(100);
    expect(running.at(-1)).toBe('ended');
    expect(await asked(10_000)).toBeLessThan(12);
  });

  it('is asked rarely while an operation that was cut off waits for somebody to clear up', async () => {
    begin();
    await vi.advanceTimersByTimeAsync(1000);
    lives = false;
    await vi.advanceTimersByTimeAsync(5000);
    expect(await asked(10_000)).toBeLessThan(12);
  });
});

/** How often it is asked in so many milliseconds: nothing else waits here. */
async function asked(time: number): Promise<number> {
  const end = Date.now() + time;
  let turns = 0;
  for (; Date.now() < end; turns += 1) await vi.advanceTimersToNextTimerAsync();
  return turns;
}
