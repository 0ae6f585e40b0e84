import { describe, expect, it } from 'vitest';
import { busyWith } from '../../../src/operations/guards/busy.ts';
import { judgeSchema } from '../../../src/operations/guards/schema.ts';
import { workSince } from '../../../src/operations/guards/work-since.ts';

const minute = 60_000;
const limits = { quiet: 2 * minute, stale: 30 * minute };
const now = 1_000 * minute;
const state = (facts: {
  inFlight?: number;
  inFlightMoved?: number | null;
  lastActivity?: number | null;
}) => ({
  migrations: [],
  migratedAt: null,
  inFlight: 0,
  inFlightMoved: null,
  lastActivity: null,
  ...facts,
});

describe('somebody is busy', () => {
  it.each([
    ['with a turn that moves', { inFlight: 1, inFlightMoved: now - 1000 }, 0, 'a turn is in flight'],
    ['with two', { inFlight: 2, inFlightMoved: now - 1000 }, 3, '2 turns are in flight'],
    [
      'with a turn that stands still, while agents are there',
      { inFlight: 1, inFlightMoved: 0 },
      2,
      'a turn is',
    ],
    ['with a turn of which nobody knows when it moved', { inFlight: 1, inFlightMoved: null }, 0, 'a turn is'],
    ['who worked a minute ago', { lastActivity: now - minute }, 0, 'within the quiet time of'],
    ['who worked in the future, by another clock', { lastActivity: now + minute }, 0, 'worked'],
  ])('%s', (_, facts, others, words) => {
    expect(busyWith(state(facts), others, limits, now)).toContain(words);
  });

  it.each([
    ['who has never worked', {}, 0],
    ['who worked longer ago than the quiet time', { lastActivity: now - 2 * minute }, 0],
    ['with open agents, and nothing in flight', { lastActivity: now - 10 * minute }, 5],
    ['with a row that a crash has left, and no agent', { inFlight: 1, inFlightMoved: now - 31 * minute }, 0],
  ])('and is not: %s', (_, facts, others) => {
    expect(busyWith(state(facts), others, limits, now)).toBeUndefined();
  });
});

describe('a schema', () => {
  const level = (id: number) => ({ id, name: 'Some' });
  const nothing = { version: null, seen: null };

  it.each([
    ['that the installed version was measured to know', 30, '0.0.24', nothing],
    ['older than that', 12, '0.0.24', nothing],
    ['of an earlier version, under one that nobody has measured', 32, '0.0.30', nothing],
    ['made by that very version', 36, '0.0.30', { version: '0.0.30', seen: null }],
    [
      'on which that version runs here',
      36,
      '0.0.30',
      { version: null, seen: { version: '0.0.30', level: 36 } },
    ],
  ])('is accepted: one %s', (_, id, installed, evidence) => {
    expect(judgeSchema(level(id), installed, evidence)).toEqual({ holds: true });
  });

  it.each([
    ['newer than what was measured', 31, '0.0.24', nothing, 'knows 30'],
    [
      'of which a measured version says that it made it',
      31,
      '0.0.24',
      { version: '0.0.24', seen: null },
      'knows 30',
    ],
    ['that nothing speaks for', 33, '0.0.30', nothing, 'cannot be told'],
    [
      'that only another version ran on',
      33,
      '0.0.30',
      { version: null, seen: { version: '0.0.31', level: 40 } },
      'cannot be told',
    ],
    ['under a version that is no version', 3, 'garbage', nothing, 'cannot be told'],
  ])('is refused: one %s', (_, id, installed, evidence, words) => {
    expect(judgeSchema(level(id), installed, evidence)).toMatchObject({
      holds: false,
      reason: expect.stringContaining(words) as string,
    });
  });
});

describe('work since', () => {
  const work = { projects: 1, threads: 2, messages: 3, turns: 4, lastActivity: 1000 };

  it('is none when all is as it was', () => {
    expect(workSince(work, { ...work })).toBeUndefined();
  });

  it.each([
    [{ messages: 5 }, 'messages +2'],
    [{ threads: 1 }, 'threads -1'],
    [{ lastActivity: 2000 }, 'last activity 1970-01-01T00:00:02.000Z'],
    [{ projects: 2, turns: 5 }, 'projects +1, turns +1'],
  ])('is %o', (change, words) => {
    expect(workSince(work, { ...work, ...change })).toBe(words);
  });
});
