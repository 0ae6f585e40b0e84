import { describe, expect, it } from 'vitest';
import type { Overview } from '../../../src/operations/overview.ts';
import type { Plan } from '../../../src/operations/plan.ts';
import { overviewRows, pinDiff, spaceText } from '../../../src/view/overview.ts';

const one: Overview['users'][number] = {
  user: 'alice',
  from: '0.0.24',
  to: '0.0.27',
  schema: { from: 30, to: 32 },
  bytes: 2_000_000,
  when: 'now',
  why: null,
  givesUp: null,
};
const overview = (...users: Partial<Overview['users'][number]>[]): Overview => ({
  users: users.map((each) => ({ ...one, ...each })),
  space: { folder: '/var/backups/t3-state', bytes: 4_000_000, free: 10_000_000 },
});
const rowOf = (user: Partial<Overview['users'][number]>) =>
  (overviewRows(overview(user))[0] ?? []).map(({ text, tone }) => `${tone}: ${text}`);

describe('the overview of a move of versions', () => {
  it('says for each user what changes, and when', () => {
    expect(rowOf({})).toEqual([
      'plain: alice',
      'plain: 0.0.24 → 0.0.27',
      'attention: 30 → 32',
      'muted: 2 MB',
      'ok: now',
    ]);
  });

  it.each<[string, Partial<Overview['users'][number]>, string[]]>([
    [
      'who is busy, and with what',
      { when: 'later', why: 'a turn is in flight' },
      ['attention: when idle: a turn is in flight'],
    ],
    [
      'whose server is off',
      { when: 'off', schema: { from: 30, to: 30 } },
      ['muted: 30 stays', 'muted: its server is off, and stays so'],
    ],
    ['who loses work', { givesUp: '3 threads' }, ['danger: now; gives up 3 threads']],
    [
      'who loses work, later',
      { when: 'later', why: 'busy', givesUp: '3 threads' },
      ['attention: when idle: busy; gives up 3 threads'],
    ],
    [
      'what nobody knows',
      { from: null, schema: { from: 30, to: null } },
      ['plain: ? → 0.0.27', 'unknown: 30 → ?'],
    ],
  ])('shows %s', (_, user, cells) => {
    for (const cell of cells) expect(rowOf(user)).toContain(cell);
  });

  it('shows what becomes of the pins, but not of those that stay', () => {
    const pin = (file: string, from: string) => ({
      kind: 'pin',
      file,
      variable: 'T3_PIN',
      from,
      to: '0.0.27',
    });
    const plan = {
      lanes: [{ steps: [pin('/a', '0.0.24'), pin('/b', '0.0.27'), pin('/c', '')] }],
    } as unknown as Plan;
    expect(pinDiff(plan).map(({ text }) => text)).toEqual([
      '/a',
      '- ${T3_PIN:-0.0.24}',
      '+ ${T3_PIN:-0.0.27}',
      '/c',
      '- ${T3_PIN:-}',
      '+ ${T3_PIN:-0.0.27}',
    ]);
  });

  it('says whether there is room, and does not take an unknown for enough', () => {
    const space = (free: number | null) =>
      spaceText({ users: [], space: { folder: '/b', bytes: 5000, free } });
    expect(space(9000)).toEqual({ text: 'copies take up to 5 kB in /b, 9 kB free', tone: 'muted' });
    expect(space(4000).tone).toBe('danger');
    expect(space(null)).toEqual({
      text: 'copies take up to 5 kB in /b, what is free cannot be told',
      tone: 'unknown',
    });
  });
});
