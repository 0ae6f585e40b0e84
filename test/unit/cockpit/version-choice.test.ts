import { describe, expect, it } from 'vitest';
import type { Choice } from '../../../src/cockpit/asking.ts';
import { alice, bob, stateOf, windowOf } from '../../fakes/cockpit.ts';
import { controlled } from '../../fakes/controlled.ts';

const none = { projects: 0, threads: 0, messages: 0, turns: 0, lastActivity: null };
const cockpit = (choice?: Choice) =>
  controlled(stateOf(undefined, alice, bob), { refused: 'not looked at' }, none, choice);

describe('a version', () => {
  it('is chosen from what there is, the latest first of all', async () => {
    const { press, previewed, store } = cockpit();
    await press('u');
    const lines = windowOf(store.get()).lines.map((line) => line.map(({ text }) => text).join(''));
    expect(lines[2]).toMatch(/› 0\.0\.27 +32 +latest/);
    expect(lines[3]).toMatch(/0\.0\.24 +30 +installed {2}run by alice, bob/);
    expect(lines[4]).toMatch(/older: only with --allow-downgrade/);
    await press('enter');
    expect(previewed).toEqual([{ kind: 'bump', version: '0.0.27' }]);
  });

  it('that is installed, or older, is not planned, and why is said', async () => {
    const { press, previewed, store } = cockpit();
    await press('u', 'j', 'enter');
    expect(store.get().notice?.text).toContain('installed');
    await press('j', 'enter');
    expect(store.get().notice?.text).toContain('--allow-downgrade');
    await press('g', 'enter');
    expect(previewed).toEqual([{ kind: 'bump', version: '0.0.33-nightly.20260808.1031' }]);
  });

  it('cannot be chosen where the package source does not answer', async () => {
    const { press, previewed, store } = cockpit({
      problem: 'the package source: down',
    });
    await press('u', 'enter');
    expect(store.get().notice?.text).toContain('there is no version to choose');
    expect(windowOf(store.get()).lines[1]?.[0]?.text).toContain('the package source: down');
    expect(previewed).toEqual([]);
  });

  it('is not brought back by an answer that comes when nobody waits for it any more', async () => {
    const { press, store } = cockpit();
    await press('u', 'escape');
    store.dispatch({ type: 'choice', choice: { versions: ['0.0.27'], tags: {} } });
    expect(store.get().mode.kind).toBe('fleet');
  });
});
