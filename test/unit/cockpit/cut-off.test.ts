import { describe, expect, it } from 'vitest';
import { glyphsFor } from '../../../src/cockpit/glyphs.ts';
import { keymap } from '../../../src/cockpit/keymap.ts';
import { reduce } from '../../../src/cockpit/reducer.ts';
import type { CockpitState } from '../../../src/cockpit/state.ts';
import { lineWidth } from '../../../src/cockpit/view-models/line.ts';
import { screenModel } from '../../../src/cockpit/view-models/screen.ts';
import type { StepRecord } from '../../../src/journal/records.ts';
import type { CutOff } from '../../../src/operations/cut-off.ts';
import { dateText } from '../../../src/view/format.ts';
import { cutOffText } from '../../../src/view/operation.ts';
import { config, four, hour, textOf, wall } from '../../fakes/cockpit.ts';

/** The first thing that is said. */

describe('what was cut off', () => {
  const cutOff = (id: number, users: readonly string[], states: readonly StepRecord['state'][]): CutOff => ({
    operation: {
      id,
      kind: 'backup',
      state: 'running',
      outcome: undefined,
      reason: undefined,
      actor: { user: 'root', uid: 0, surface: 'cockpit', pid: 1 },
      requestedAt: wall - hour,
      startedAt: wall - hour,
      endedAt: undefined,
      place: undefined,
      stopRequestedAt: undefined,
    },
    undecided: false,
    steps: users.map((user, index) => ({
      id: `${index}`,
      user,
      kind: 'snapshot',
      title: 'snapshot',
      state: states[index] ?? 'pending',
      undo: undefined,
      result: undefined,
      reason: undefined,
      startedAt: undefined,
      endedAt: index === 0 ? wall - 60_000 : undefined,
      progress: undefined,
    })),
  });
  const problems = (size: CockpitState['size'], ...operations: CutOff[]) => {
    const state = reduce(four(size), { type: 'cut off', cutOff: operations });
    const screen = screenModel(state, glyphsFor(config, {}));
    expect(screen.problems.every((line) => lineWidth(line) <= size.columns)).toBe(true);
    return screen.problems.map((line) => textOf(line).trim());
  };
  const states = ['succeeded', 'started', 'pending'] as const;

  it.each([
    { columns: 60, rows: 15 },
    { columns: 80, rows: 24 },
    { columns: 200, rows: 60 },
  ])(
    'is the first thing on $columns columns, whole, with what is known and what can be done',
    ({ columns, rows }) => {
      const lines = problems({ columns, rows }, cutOff(12, ['alice', 'bob', 'carol'], states));
      expect(
        lines
          .slice(0, -1)
          .join(' ')
          .replace(/\d\d:\d\d:\d\d$/, '…'),
      ).toBe(
        '! operation 12 (backup) was interrupted: its runner died. done: alice; cut off in the middle: bob; not begun: carol; last heard of: 2026-11-23 …',
      );
      expect(lines.at(-1)).toMatch(/^c clears up; so does the next operation$/);
    },
  );

  it('says of one that stopped a server what has to be decided, and that c does not', () => {
    const undecided = { ...cutOff(12, ['alice'], states), undecided: true };
    const lines = problems({ columns: 80, rows: 24 }, cutOff(11, ['bob'], states), undecided);
    expect(lines.at(-1)).toMatch(
      /^so were 12 \(backup\); o, then on it m resumes, w rolls back: nothing begins/,
    );
    const state = reduce(four({ columns: 80, rows: 24 }), { type: 'cut off', cutOff: [undecided] });
    const key = keymap.find(({ intent }) => intent.type === 'recover');
    expect(key?.disabled?.(state)).toBe(
      'operation 12 is to be decided about: o, then on it m resumes, w rolls back',
    );
  });

  it('says of one user what was done, not three times their name', () => {
    const restore = cutOff(12, ['alice', 'alice', 'alice'], states);
    const steps = restore.steps.map((step, index) => ({
      ...step,
      title: ['stop', 'replace', 'start'][index] ?? '',
    }));
    expect(cutOffText({ ...restore, steps })).toMatch(
      /^operation 12 \(backup of alice\) was interrupted: its runner died\. done: stop; cut off in the middle: replace; not begun: start;/,
    );
  });

  it('says when it was last heard of', () => {
    expect(cutOffText(cutOff(12, ['alice'], states))).toContain(`last heard of: ${dateText(wall - 60_000)}`);
    expect(cutOffText(cutOff(12, [], states))).toContain(`last heard of: ${dateText(wall - hour)}`);
  });

  it('says of many how many, and which others were cut off', () => {
    const many = Array.from({ length: 50 }, (_, index) => `user${index}`);
    const size = { columns: 80, rows: 24 };
    const lines = problems(size, cutOff(12, many, states), cutOff(13, ['bob'], states));
    expect(lines.length).toBeLessThanOrEqual(4);
    expect(lines.join(' ')).toContain('not begun: user2, user3, user4 and 45 more');
    expect(lines.at(-1)).toMatch(/^so were 13 \(backup\); c clears up/);
  });
});
