import { describe, expect, it } from 'vitest';
import { Controller, type Effects } from '../../../src/cockpit/controller.ts';
import { keymap } from '../../../src/cockpit/keymap.ts';
import { completionsOf } from '../../../src/cockpit/palette.ts';
import { Store } from '../../../src/cockpit/store.ts';
import { four } from '../../fakes/cockpit.ts';

function cockpit() {
  const asked: string[] = [];
  const effects = {
    backup: (users: readonly string[]) => (
      asked.push(`backup ${users.join(' ') || 'everyone'}`),
      Promise.resolve({ operation: 1 })
    ),
    probe: (users: readonly string[]) => (
      asked.push(`probe ${users.join(' ') || 'everyone'}`),
      Promise.resolve({ operation: 1 })
    ),
    preview: (asking: unknown) => (
      asked.push(`plan ${JSON.stringify(asking)}`),
      Promise.resolve({ refused: 'no' })
    ),
  } as unknown as Effects;
  const store = new Store(four());
  const controller = new Controller(store, effects);
  const press = (...keys: string[]) => {
    for (const key of keys) controller.press([key]);
  };
  const offered = () => completionsOf(store.get()).map(({ text }) => text);
  return { store, controller, asked, press, offered };
}

describe('the command palette', () => {
  it('has every action of the keymap', () => {
    const { press, offered } = cockpit();
    press(':');
    const labels = keymap
      .filter(({ modes }) => modes?.includes('fleet') ?? true)
      .map(({ label }) => label)
      .filter((label) => !/down|up|first|last|page|back$|command|filter|mark$/.test(label));
    for (const label of labels) expect(offered()).toContain(label);
  });

  it('completes by the beginnings of words, users among them, and runs what is meant', () => {
    const { press, offered, asked, store } = cockpit();
    press(':', ...'ba bo');
    expect(offered()).toEqual(['back up bob']);
    press('enter');
    expect(asked).toEqual(['backup bob']);
    expect(store.get()).toMatchObject({ selected: 'bob', mode: { kind: 'fleet' } });
  });

  it('shows the plan of what changes anything, as its key does', () => {
    const { press, asked, store } = cockpit();
    press(':', ...'restart al', 'enter');
    expect(asked).toEqual(['plan {"kind":"restart","users":["alice"]}']);
    expect(store.get().mode.kind).toBe('plan');
  });

  it('sorts, changes colours and signs, and takes over what is selected by tab', () => {
    const { press, store } = cockpit();
    press(':', ...'sort ba', 'enter');
    expect(store.get().sort).toBe('backup');
    press(':', ...'col l', 'enter', ':', ...'gl as', 'enter');
    expect(store.get().look).toEqual({ palette: 'light', glyphs: 'ascii' });
    press(':', ...'prob', 'down', 'tab');
    expect(store.get().mode).toMatchObject({
      kind: 'command',
      typed: expect.stringMatching(/^probe /) as string,
    });
  });

  it('starts nothing by an enter that did not come alone, by a paste, or by letters', () => {
    const { press, controller, asked, store } = cockpit();
    press(':');
    controller.paste('back up all\n');
    expect(store.get().mode).toMatchObject({ kind: 'command', typed: 'back up all' });
    controller.press([...'b', 'enter']);
    controller.press(['enter', 'enter']);
    expect(asked).toEqual([]);
    press('escape');
    expect(store.get().mode).toEqual({ kind: 'fleet', pane: 'instance' });
    expect(asked).toEqual([]);
  });

  it('says why a command cannot work now, and runs nothing that there is not', () => {
    const { press, store, asked } = cockpit();
    press(':', ...'stop', 'enter');
    expect(store.get().notice?.text).toContain('no operation is running');
    press(':', ...'nonsense', 'enter');
    expect(store.get().notice?.text).toContain('no command is like "nonsense"');
    expect(asked).toEqual([]);
  });
});

describe('marks', () => {
  it('are whom B, s and p mean; then they are gone', () => {
    const { press, asked, store } = cockpit();
    press(' ', 'j', ' ');
    expect(store.get().marked).toEqual(['alice', 'carol']);
    press('s');
    expect(asked).toEqual(['plan {"kind":"restart","users":["alice","carol"]}']);
    press('escape', 'B');
    expect(asked.at(-1)).toBe('backup alice carol');
    expect(store.get().marked).toEqual([]);
    press('*');
    expect(store.get().marked).toHaveLength(4);
    press('p');
    expect(asked.at(-1)).toBe('probe alice bob carol dave');
    press('*', '*');
    expect(store.get().marked).toEqual([]);
  });

  it('mean nobody where one user is looked at, and go with escape', () => {
    const { press, asked, store } = cockpit();
    press(' ', ' ', 'enter', 'B');
    expect(asked.at(-1)).toBe('backup carol');
    press('escape', ' ', 'escape');
    expect(store.get().marked).toEqual([]);
  });
});

describe('a key that is none', () => {
  it('is answered, alone and among others; and what it says starts nothing', () => {
    const { press, controller, store, asked } = cockpit();
    press('z');
    expect(store.get().notice?.text).toBe('z is no key here; ? shows those that are');
    press('?', ' ');
    expect(store.get().notice?.text).toContain('space is no key here');
    press('?');
    controller.press(['z', 'z']);
    expect(store.get().notice?.text).toBe('keys that come together only look: z did nothing');
    expect(asked).toEqual([]);
  });
});
