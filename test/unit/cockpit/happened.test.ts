import { describe, expect, it } from 'vitest';
import { glyphsFor } from '../../../src/cockpit/glyphs.ts';
import { bindingOf } from '../../../src/cockpit/keymap.ts';
import { reduce } from '../../../src/cockpit/reducer.ts';
import type { CockpitState } from '../../../src/cockpit/state.ts';
import { screenModel } from '../../../src/cockpit/view-models/screen.ts';
import type { Happening } from '../../../src/fleet/happened.ts';
import type { Told } from '../../../src/operations/happened.ts';
import { alice, bob, config, stateOf, wall } from '../../fakes/cockpit.ts';

/** What happened without the cockpit, on its screen. */

const glyphs = glyphsFor(config, { LANG: 'C.UTF-8' });
const at = wall - 3_600_000;
const restarted: Happening = {
  kind: 'restarted',
  at,
  job: 't3-watchdog',
  user: 'emo',
  version: undefined,
  again: true,
};
const failed: Happening = {
  kind: 'failed',
  at,
  job: 't3-backup-state',
  user: undefined,
  times: 2,
  words: 'no space left',
};
const told = (...happenings: Happening[]): Told => ({
  since: wall - 86_400_000,
  happenings,
  jobs: [],
  problem: undefined,
  first: false,
});
const shows = (what: Told | undefined, size = { columns: 100, rows: 30 }): CockpitState =>
  reduce(stateOf(size, alice, bob), { type: 'happened', told: what });
const above = (state: CockpitState) =>
  screenModel(state, glyphs).problems.map((line) => line.map(({ text }) => text).join(''));

describe('what happened without the cockpit', () => {
  it('is a line above the grid, as long as somebody has not read it', () => {
    const lines = above(shows(told(failed, restarted)));
    expect(lines.find((line) => line.includes('watchdog restarted emo'))).toMatch(
      /^ since .*: watchdog restarted emo at \d\d:\d\d; and 1 more +H happened $/,
    );
    expect(above(shows(undefined))).toEqual(above(stateOf({ columns: 100, rows: 30 }, alice, bob)));
    // A quiet night is not told, nor is what nobody can compare with anything.
    expect(above(shows(told()))).toEqual(above(shows(undefined)));
    expect(above(shows({ ...told(restarted), first: true }))).toEqual(above(shows(undefined)));
  });

  it.each([
    { columns: 60, rows: 15 },
    { columns: 80, rows: 24 },
    { columns: 200, rows: 60 },
  ])('fits $columns x $rows', (size) => {
    const { problems, layout } = screenModel(shows(told(failed, restarted), size), glyphs);
    for (const line of problems)
      expect(line.map(({ text }) => text).join('').length).toBeLessThanOrEqual(size.columns);
    expect(layout.body + problems.length).toBeLessThanOrEqual(size.rows - 3);
  });

  it('is read as a whole, what went wrong marked', () => {
    const state = reduce(shows(told(failed, restarted)), {
      type: 'mode',
      mode: { kind: 'happened', offset: 0, from: 'instance' },
    });
    const { body } = screenModel(state, glyphs);
    if (body.kind !== 'text') throw new Error(body.kind);
    expect(body.title).toMatch(/^without the cockpit, since /);
    expect(body.lines.map((line) => [line[0]?.text, line[0]?.tone])).toEqual([
      [expect.stringMatching(/backup-state failed 2 times \(no space left\), last at/), 'attention'],
      [expect.stringMatching(/watchdog restarted emo at/), 'plain'],
    ]);
    expect(above(state).some((line) => line.includes('watchdog'))).toBe(false);
  });

  it('has a key, which says why it cannot work yet', () => {
    const before = stateOf({ columns: 100, rows: 30 }, alice);
    expect(bindingOf('H', before)?.disabled?.(before)).toBe('that is still being found out');
    const after = shows(told());
    expect(bindingOf('H', after)?.disabled?.(after)).toBe(undefined);
  });
});
