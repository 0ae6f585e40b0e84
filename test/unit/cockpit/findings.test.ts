import { describe, expect, it } from 'vitest';
import { Controller, type Effects } from '../../../src/cockpit/controller.ts';
import { bindingOf } from '../../../src/cockpit/keymap.ts';
import { reduce } from '../../../src/cockpit/reducer.ts';
import { Store } from '../../../src/cockpit/store.ts';
import { findingsIn, remedyKey } from '../../../src/cockpit/view-models/findings.ts';
import { four } from '../../fakes/cockpit.ts';

const asked: string[] = [];
const effects = {
  backup: (users: readonly string[]) => (
    asked.push(users.join(' ') || 'everyone'),
    Promise.resolve({ operation: 1 })
  ),
} as unknown as Effects;

describe('going through what is found', () => {
  it('selects whom each is about, and its key is meant for them', () => {
    const store = new Store(four());
    const controller = new Controller(store, effects);
    controller.press(['!']);
    for (const finding of findingsIn(store.get())) {
      const state = store.get();
      if (finding.users[0] !== undefined) expect(state.selected).toBe(finding.users[0]);
      const help = remedyKey(finding);
      if (help !== undefined) expect(bindingOf(help.key, state)).toBeDefined();
      controller.press(['j']);
    }
    const at = findingsIn(store.get()).findIndex(({ remedy }) => remedy === 'back up');
    controller.press(['g']);
    for (let press = 0; press < at; press += 1) controller.press(['j']);
    const { users } = findingsIn(store.get())[at] ?? { users: [] };
    asked.length = 0;
    controller.press(['B']);
    expect(asked).toEqual([users[0]]);
  });

  it('leads to the row, also to one that a filter hides', () => {
    const store = new Store(reduce(four(), { type: 'filter', filter: 'alice' }));
    const controller = new Controller(store, effects);
    controller.press(['!']);
    while (store.get().selected === 'alice') controller.press(['j']);
    const { selected } = store.get();
    controller.press(['enter']);
    expect(store.get()).toMatchObject({ selected, filter: '', mode: { kind: 'fleet' } });
  });
});
