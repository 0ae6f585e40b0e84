import { describe, expect, it } from 'vitest';
import { Controller, type Effects } from '../../../src/cockpit/controller.ts';
import type { Binding } from '../../../src/cockpit/intents.ts';
import { bindingOf, keymap } from '../../../src/cockpit/keymap.ts';
import { glyphSets } from '../../../src/cockpit/glyphs.ts';
import { lookFor } from '../../../src/cockpit/look.ts';
import { reduce } from '../../../src/cockpit/reducer.ts';
import type { CockpitState } from '../../../src/cockpit/state.ts';
import { Store } from '../../../src/cockpit/store.ts';
import { noticeLine } from '../../../src/cockpit/view-models/footer.ts';
import { screenModel } from '../../../src/cockpit/view-models/screen.ts';
import { alice, bob, carol, config, dave, snapshot, stateOf, textOf } from '../../fakes/cockpit.ts';
import { places, plan, versions } from '../../fakes/places.ts';

/** Every key, in everything that the cockpit may be showing, is answered on the screen at once. */

/** What answers by itself, outside of the frame: the screen is drawn anew, given away, or left. */
const outside: ReadonlySet<Binding['intent']['type']> = new Set(['redraw', 'suspend', 'quit']);

const others = [..."aA0 zZ-'ü", 'left', 'right', 'tab', 'delete', 'backspace', 'ctrl-a', 'ctrl-c'];
const keys = [...new Set([...keymap.flatMap((binding) => binding.keys), ...others])].map((key) =>
  key === 'space' ? ' ' : key,
);

function at(place: string, size: CockpitState['size']): CockpitState {
  const users = place === 'nobody at all' ? [] : [alice, bob, carol, dave];
  const many = [1, 2, 3].map((hours) => snapshot('alice', hours));
  const first = { ...alice, snapshots: { ...alice.snapshots, value: many } as typeof alice.snapshots };
  const state = stateOf(size, ...users.map((user) => (user === alice ? first : user)));
  const about = {
    ...state,
    config: place.includes('read-only') ? { ...config, readOnly: true } : config,
    look: lookFor(config, { NO_COLOR: '1' }),
  };
  return (places[place] ?? []).reduce(reduce, about);
}

function cockpitAt(place: string, size: CockpitState['size'], state = at(place, size)) {
  let answered = false;
  const effect = <Answer>(answer: Answer) => {
    answered = true;
    return Promise.resolve(answer);
  };
  const effects: Effects = {
    backup: () => effect({ operation: 7 }),
    probe: () => effect({ operation: 7 }),
    verify: () => effect({ operation: 7 }),
    readSnapshots: () => effect({ operation: 7 }),
    preview: () => effect({ plan }),
    carryOut: () => effect({ operation: 7 }),
    compare: (user) => effect({ user, live: undefined, problem: 'no' }),
    versions: () => effect(versions),
    doctor: () => effect({ findings: [] }),
    recover: () => effect({ operation: 7 }),
    stop: () => effect('asked'),
    saveReport: () => effect({ file: '/state/reports/operation-12.txt', unpruned: undefined }),
    suspend: () => void (answered = true),
    redraw: () => void (answered = true),
  };
  const store = new Store(state);
  return {
    store,
    controller: new Controller(store, effects),
    screen: () => screenOf(store.get()),
    asked: () => answered,
  };
}

const screenOf = (state: CockpitState) => screenModel(state, glyphSets[state.look.glyphs]);

const sizes = [
  { columns: 60, rows: 15 },
  { columns: 200, rows: 60 },
];

describe.each(Object.keys(places))('at %s', (place) => {
  it.each(sizes)('every key is answered on the screen, before anybody else has answered: %o', (size) => {
    const silent: string[] = [];
    const before = at(place, size);
    const seen = JSON.stringify([before.look, screenOf(before)]);
    for (const key of keys) {
      const { store, controller, screen, asked } = cockpitAt(place, size, before);
      const binding = bindingOf(key, before);
      controller.press([key]);
      const { notice, leaving } = store.get();
      if (leaving || (binding !== undefined && outside.has(binding.intent.type) && asked())) continue;
      const said = notice === undefined || notice === before.notice ? undefined : notice.text;
      // Said, in sight; or else something looks different.
      const answered =
        said === undefined
          ? JSON.stringify([store.get().look, screen()]) !== seen
          : textOf(noticeLine(store.get(), glyphSets.unicode)).includes(said.slice(0, 16).trimEnd());
      if (!answered) silent.push(`${key}: ${said ?? ''}`);
    }
    expect(silent).toEqual([]);
  });
});

describe('a key that cannot work', () => {
  it.each(Object.keys(places))('says why, and does nothing: at %s', (place) => {
    const state = at(place, { columns: 120, rows: 40 });
    for (const key of keys) {
      const { store, controller, asked } = cockpitAt(place, state.size, state);
      const binding = bindingOf(key, state);
      const typing =
        ['filter', 'command', 'plan', 'when'].includes(state.mode.kind) ||
        (state.mode.kind === 'operation' && state.mode.typing);
      const reason = binding?.disabled?.(state);
      if (binding === undefined || reason === undefined || typing) continue;
      controller.press([key]);
      expect(store.get().notice?.text).toBe(
        `${binding.keys[0]} (${binding.label}) cannot work now: ${reason}`,
      );
      expect(asked()).toBe(false);
      expect(store.get().mode).toBe(state.mode);
    }
  });
});

describe('an answer to a key', () => {
  it('is gone with the next key; what came of something asked for stays', async () => {
    const { store, controller } = cockpitAt('the fleet', { columns: 120, rows: 40 });
    controller.press(['z']);
    expect(store.get().notice?.text).toContain('z is no key here');
    controller.press(['j']);
    expect(store.get().notice).toBeUndefined();
    controller.press(['b']);
    await new Promise((resolve) => setImmediate(resolve));
    controller.press(['j']);
    expect(store.get().notice?.text).toBe('operation 7: backup of everyone');
  });

  it('stands beside the question of a plan, which stays asked', () => {
    const { store, controller, screen } = cockpitAt('a plan', { columns: 80, rows: 24 });
    const said = () => textOf(screen().notice);
    controller.press([...'ce', 'enter']);
    expect(said()).toMatch(/^ Type alice to go on: ali. {2}one key at a time: nothing was confirmed$/u);
    controller.paste('ce\n');
    expect(said()).toMatch(/^ Type alice to go on: ali. {2}what is pasted confirms nothing: type it$/u);
    controller.press(['c']);
    expect(said()).toMatch(/^ Type alice to go on: alic.$/u);
    expect(store.get().mode).toMatchObject({ typed: 'alic' });
  });

  it('says of keys that came together which of them did nothing', () => {
    const { store, controller, asked } = cockpitAt('the fleet', { columns: 80, rows: 24 });
    controller.press([...'jbsj']);
    expect(asked()).toBe(false);
    expect(store.get()).toMatchObject({
      selected: 'carol',
      notice: { text: 'keys that come together only look: b s did nothing' },
    });
  });
});

describe('a terminal that is too small to show anything', () => {
  it('takes no key but those that need no sight', () => {
    const { store, controller, asked } = cockpitAt('the fleet', { columns: 40, rows: 10 });
    for (const key of keys.filter((each) => !['q', 'ctrl-c', 'ctrl-l', 'ctrl-z'].includes(each)))
      controller.press([key]);
    expect(asked()).toBe(false);
    expect(store.get()).toMatchObject({ mode: { kind: 'fleet' }, selected: 'alice', leaving: false });
    controller.press(['q']);
    expect(store.get().leaving).toBe(true);
  });

  it('is left by q also where q would be a letter', () => {
    const { store, controller } = cockpitAt('a plan', { columns: 40, rows: 10 });
    controller.press(['q']);
    expect(store.get().leaving).toBe(true);
  });
});
