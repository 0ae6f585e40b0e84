import { describe, expect, it } from 'vitest';
import { reduce } from '../../../src/cockpit/reducer.ts';
import { scrollbackLimit, type CockpitState } from '../../../src/cockpit/state.ts';
import { Controller, type Effects } from '../../../src/cockpit/controller.ts';
import { Store } from '../../../src/cockpit/store.ts';
import { matchesIn } from '../../../src/cockpit/view-models/opened.ts';
import { paceText } from '../../../src/cockpit/view-models/progress.ts';
import { noticeLine } from '../../../src/cockpit/view-models/footer.ts';
import { glyphSets } from '../../../src/cockpit/glyphs.ts';
import { event, operation, step } from '../../components/screens/records.ts';
import { rollout } from '../../components/screens/rollout.ts';
import { four, textOf, windowOf } from '../../fakes/cockpit.ts';

const saved: number[] = [];
const effects = {
  saveReport: (id: number) => (
    saved.push(id),
    Promise.resolve({ file: '/state/reports/operation-12.txt', unpruned: undefined })
  ),
} as unknown as Effects;
function opened(size = { columns: 100, rows: 30 }) {
  const store = new Store({ ...four(size), look: { palette: 'none', glyphs: 'unicode' } });
  const controller = new Controller(store, effects);
  store.dispatch({
    type: 'operations',
    operations: [{ operation: rollout.operation, steps: rollout.steps }],
  });
  controller.press(['o']);
  controller.press(['enter']);
  store.dispatch({ type: 'opened', story: rollout });
  const press = (...keys: string[]) => {
    for (const key of keys) controller.press([key]);
  };
  const text = () => windowOf(store.get()).lines.map(textOf).join('\n');
  return { store, press, text };
}
const modeOf = (state: CockpitState) => {
  if (state.mode.kind !== 'operation') throw new Error('no operation is looked at');
  return state.mode;
};

describe('an operation that is looked at', () => {
  it('is its tree, what it says, and the gate’s evidence one key away', () => {
    const { store, press, text } = opened();
    expect(text()).toMatch(/├─ ✓ ▸ judge the version on copies/);
    press('e');
    expect(text()).toMatch(/verdict +passed/);
    press('e');
    expect(modeOf(store.get()).view).toBe('tree');
    press('tab');
    expect(text()).toContain('$ systemctl start');
    press('escape');
    expect(store.get().mode).toMatchObject({ kind: 'operations', key: '12' });
    expect(store.get().opened).toBeUndefined();
  });

  it('says why there is no evidence', () => {
    const { store, press } = opened();
    const steps = [step('ada', 'snapshot', 'snapshot', 'succeeded')];
    store.dispatch({ type: 'opened', story: { ...rollout, steps, lanes: [], events: [] } });
    press('e');
    expect(store.get().notice?.text).toContain('it did not go through the gate');
  });

  it('follows what is said until one scrolls up, and again at the end', () => {
    const { store, press } = opened();
    press('tab');
    expect(modeOf(store.get()).follow).toBe(true);
    press('k');
    expect(modeOf(store.get()).follow).toBe(false);
    const { offset } = modeOf(store.get());
    store.dispatch({
      type: 'opened',
      story: { ...rollout, events: [event(0, { type: 'text', text: 'more' }, { id: 999 })] },
    });
    expect(modeOf(store.get()).offset).toBe(offset);
    press('G');
    expect(modeOf(store.get()).follow).toBe(true);
  });

  it('keeps a bounded scrollback, and counts what it lets go', () => {
    const { store } = opened();
    for (let round = 0; round < 3; round += 1)
      store.dispatch({
        type: 'opened',
        story: {
          ...rollout,
          events: Array.from({ length: 3000 }, (_, at) =>
            event(0, { type: 'output', text: 'x' }, { id: 1000 + round * 3000 + at }),
          ),
        },
      });
    const { events = [], missed } = store.get().opened ?? {};
    expect(events).toHaveLength(scrollbackLimit);
    expect(missed).toBe(rollout.events.length + 9000 - scrollbackLimit);
  });

  it('is searched: from the end, on with n and N, letters are no keys, and escape ends it', () => {
    const { store, press, text } = opened();
    press('/', ...'SYSTEMctl');
    expect(store.get().mode).toMatchObject({ typing: true, search: 'SYSTEMctl' });
    press('enter');
    const places = matchesIn(store.get(), modeOf(store.get()), 100);
    expect(places.length).toBeGreaterThan(4);
    expect(modeOf(store.get()).offset).toBe(places.at(-1));
    press('N', 'N');
    expect(modeOf(store.get()).offset).toBe(places.at(-3));
    press('n');
    expect(modeOf(store.get()).offset).toBe(places.at(-2));
    expect(text()).toMatch(/^›\d\d:\d\d:\d\d .*systemctl/m);
    press('escape');
    expect(modeOf(store.get()).search).toBe('');
    press('n');
    expect(store.get().notice?.text).toContain('nothing is looked for');
  });

  it('is written to a file, and where is said', async () => {
    const { store, press } = opened();
    press('W');
    await new Promise((resolve) => setImmediate(resolve));
    expect(saved).toEqual([12]);
    expect(store.get().notice?.text).toContain('/state/reports/operation-12.txt');
  });

  it('of another number than the one that is open changes nothing', () => {
    const { store } = opened();
    const before = store.get();
    store.dispatch({ type: 'opened', story: { ...rollout, operation: operation({ id: 13 }) } });
    expect(store.get()).toBe(before);
  });
});

describe('what has ended', () => {
  const view = (state: 'running' | 'ended', id = 12) => ({
    operation: operation({ id, state, ...(state === 'ended' ? { outcome: 'failed' as const } : {}) }),
    steps: [],
    events: [],
    cutOff: false,
  });
  const said = (state: CockpitState) => textOf(noticeLine(state, glyphSets.unicode));

  it('is said until somebody has looked at it', () => {
    let state = reduce(four(), { type: 'operation', view: view('running') });
    state = reduce(state, { type: 'notice', notice: { text: 'asked', tone: 'ok' } });
    expect(said(state)).not.toContain('has ended');
    state = reduce(state, { type: 'operation', view: view('ended') });
    expect(said(state)).toContain('operation 12 (backup) has ended: failed');
    state = reduce(state, { type: 'mode', mode: { kind: 'help', offset: 0, from: 'instance' } });
    state = reduce(state, { type: 'mode', mode: { kind: 'fleet', pane: 'instance' } });
    expect(said(state)).toContain('has ended');
    expect(said(reduce(state, { type: 'read', operation: 12 }))).toBe('');
  });

  it('is taken away by escape before anything else is, and by opening it', () => {
    const store = new Store(
      reduce(reduce(four(), { type: 'operation', view: view('running') }), {
        type: 'operation',
        view: view('ended'),
      }),
    );
    const controller = new Controller(store, effects);
    controller.press(['escape']);
    expect(store.get().result).toBeUndefined();
    expect(store.get().mode).toMatchObject({ pane: 'operation' });
  });

  it('was watched to its end by whoever looks at it: nothing more is to be said', () => {
    let state = reduce(four(), { type: 'operation', view: view('running') });
    state = reduce(state, { type: 'mode', mode: { ...modeOf(opened().store.get()), id: 12 } });
    expect(reduce(state, { type: 'operation', view: view('ended') }).result).toBeUndefined();
  });
});

describe('how fast a step comes on', () => {
  const at = (milliseconds: number, done: number, phase = 'copy') => ({
    operation: operation(),
    events: [],
    cutOff: false,
    steps: [
      step('ada', 'snapshot', 'snapshot', 'started', {
        progress: { phase, done, total: 200_000_000, at: milliseconds },
      }),
    ],
  });
  const pace = (state: CockpitState) => {
    const [first] = state.operation?.steps ?? [];
    return first?.progress === undefined ? '' : paceText(first.progress, state.operation?.paces[first.id]);
  };

  it('is told from what was watched, in its phase, and not before there was anything to see', () => {
    let state = reduce(four(), { type: 'operation', view: at(0, 0) });
    expect(pace(state)).toBe('');
    state = reduce(state, { type: 'operation', view: at(500, 25_000_000) });
    expect(pace(state)).toBe('');
    state = reduce(state, { type: 'operation', view: at(2000, 100_000_000) });
    expect(pace(state)).toBe(', 50 MB/s, 2s left');
    state = reduce(state, { type: 'operation', view: at(2100, 1_000_000, 'check') });
    expect(pace(state)).toBe('');
  });
});
