import { describe, expect, it } from 'vitest';
import { argumentsOf } from '../../../src/cockpit/asking.ts';
import { windowFor, whenFlags } from '../../../src/cockpit/later.ts';
import { glyphSets } from '../../../src/cockpit/glyphs.ts';
import type { CockpitState } from '../../../src/cockpit/state.ts';
import { screenModel } from '../../../src/cockpit/view-models/screen.ts';
import type { Plan } from '../../../src/operations/plan.ts';
import { known } from '../../../src/fleet/observation.ts';
import { alice, bob, stateOf, textOf, wall, windowOf } from '../../fakes/cockpit.ts';
import { controlled } from '../../fakes/controlled.ts';
import { startMoment } from '../../fakes/fleet.ts';
import { scheduled } from '../../fakes/schedules.ts';

/** What is agreed to now and done later: listed, prepared and cancelled by keys. */

const plan: Plan = {
  kind: 'bump',
  lanes: [],
  leftOut: [],
  parallel: 1,
  notes: [],
  consent: { word: '0.0.27', because: ['everybody is moved'], interrupts: false },
};
const work = { projects: 1, threads: 3, messages: 30, turns: 9, lastActivity: wall };
const cockpit = (of: Plan = plan) => {
  const state = stateOf({ columns: 100, rows: 30 }, alice, bob);
  const fleet = { ...state.fleet, installed: known('0.0.24', startMoment) };
  return controlled({ ...state, fleet }, { plan: of }, work);
};
const text = (state: CockpitState) => windowOf(state).lines.map(textOf).join('\n');
const notice = (state: CockpitState) => textOf(screenModel(state, glyphSets.unicode).notice);

describe('a bump for later', () => {
  it('is a version, a time, its plan, and the version typed', async () => {
    const { press, store, previewed, carried } = cockpit();
    await press('t', 'u', 't');
    expect(store.get().mode).toMatchObject({ kind: 'when', what: { kind: 'bump', version: '0.0.27' } });
    await press(...'02:00-05:00');
    expect(text(store.get())).toMatch(/ 02:00 to (\d\d-\d\d )?05:00(:00)?, in \d+h/);
    expect(notice(store.get())).toMatch(/^ When\? 02:00-05:00/);
    await press('enter');
    const asking = {
      kind: 'schedule',
      what: { kind: 'bump', version: '0.0.27' },
      when: '02:00-05:00',
    } as const;
    expect(previewed).toEqual([asking]);
    await press('enter', 'enter');
    expect(carried).toEqual([]);
    await press(...'0.0.27', 'enter');
    expect(carried).toEqual([[asking, false]]);
    expect(argumentsOf(asking)).toEqual(['schedule', 'bump', '0.0.27', '--window', '02:00-05:00']);
  });

  it('is not planned for what is no time, which is said', async () => {
    const { press, store, previewed } = cockpit();
    await press('t', 'u', 't', ...'25:00', 'enter');
    expect(previewed).toEqual([]);
    expect(store.get().notice?.text).toBe(
      'expected a time, like 02:30, or a date with one, like 2026-11-26T02:30',
    );
    expect(text(store.get())).toContain('expected a time');
    await press('backspace', 'escape');
    expect(store.get().mode.kind).toBe('schedules');
  });
});

describe('a backup for later', () => {
  it('is agreed to by yes', async () => {
    const { consent: _, ...without } = plan;
    const { press, carried } = cockpit({ ...without, kind: 'backup' });
    await press('t', 'b', ...'02:30', 'enter', ...'yes', 'enter');
    expect(carried).toEqual([[{ kind: 'schedule', what: { kind: 'backup' }, when: '02:30' }, false]]);
  });
});

describe('the list', () => {
  const listed = [
    scheduled(3),
    scheduled(2, { state: 'ended', outcome: 'refused', reason: 'this host is not what was agreed to' }),
    scheduled(1, { beginsAt: wall - 7_200_000, endsAt: wall - 3_600_000 }),
  ];

  it('says what waits, how what did has ended, and what nobody has done', async () => {
    const { press, store } = cockpit();
    await press('t');
    store.dispatch({ type: 'schedules', schedules: listed });
    expect(text(store.get())).toMatch(/› +3 {2}bump to 0\.0\.27 .* waits/);
    expect(text(store.get())).toMatch(/ 2 .* refused: this/);
    expect(text(store.get())).toMatch(/ 1 .* missed: nothing has run it/);
    expect(text(store.get())).toContain('agreed to by ada at ');
    await press('j');
    expect(text(store.get())).toMatch(/^ {2}refused: this host is not what was agreed to$/m);
  });

  it('cancels the selected one, after it was agreed to; one that is over it does not', async () => {
    const { press, store, carried } = cockpit({ ...plan, consent: undefined });
    await press('t');
    store.dispatch({ type: 'schedules', schedules: listed });
    await press('j', 'x');
    expect(store.get().notice?.text).toContain('schedule 2 does not wait any more');
    await press('k', 'x', 'x', 'x', 'enter');
    expect(carried).toEqual([]);
    await press('escape', 't', 'x', ...'yes', 'enter');
    expect(carried).toMatchObject([[{ kind: 'cancel', schedule: 3 }, false]]);
  });

  it('is told of in the header: what comes next, and what has come to nothing', () => {
    const { store } = cockpit();
    const header = () => textOf(screenModel(store.get(), glyphSets.unicode).header);
    store.dispatch({ type: 'schedules', schedules: [listed[1] ?? scheduled(2)] });
    expect(header()).not.toContain('bump');
    store.dispatch({ type: 'schedules', schedules: listed.slice(0, 2) });
    expect(header()).toMatch(/ bump to 0\.0\.27 at (\d\d-\d\d )?\d\d:\d\d {2}/);
    store.dispatch({ type: 'schedules', schedules: listed });
    expect(header()).toMatch(/ schedule 1 missed {2}bump to 0\.0\.27 at /);
  });

  it('keeps its choice when another one is agreed to meanwhile', async () => {
    const { press, store } = cockpit();
    await press('t');
    store.dispatch({ type: 'schedules', schedules: listed });
    await press('j');
    store.dispatch({ type: 'schedules', schedules: [scheduled(4), ...listed] });
    expect(store.get().mode).toMatchObject({ kind: 'schedules', at: 2, key: '2' });
  });
});

describe('a time as it is typed', () => {
  it.each([
    ['02:30', ['--at', '02:30']],
    ['2026-11-26T02:30', ['--at', '2026-11-26T02:30']],
    ['02:00-05:00', ['--window', '02:00-05:00']],
  ])('%s is %j', (typed, flags) => {
    expect(whenFlags(typed)).toEqual(flags);
    expect(windowFor(typed, wall)).toHaveProperty('window');
  });

  it.each(['', '2', '02:00-', '24:00', '02:00-02:00', '2025-01-01T02:00'])('%j is none', (typed) => {
    expect(windowFor(typed, wall)).toHaveProperty('problem');
  });
});
