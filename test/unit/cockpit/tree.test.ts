import { describe, expect, it } from 'vitest';
import { Controller, type Effects } from '../../../src/cockpit/controller.ts';
import { Store } from '../../../src/cockpit/store.ts';
import { bodyWindow } from '../../../src/cockpit/view-models/body.ts';
import { glyphSets } from '../../../src/cockpit/glyphs.ts';
import type { StepRecord } from '../../../src/journal/records.ts';
import type { OperationStory } from '../../../src/operations/story.ts';
import { event, operation, step } from '../../components/screens/records.ts';
import { four, textOf } from '../../fakes/cockpit.ts';

/** The tree of an operation over many users: what moves is in sight, what is folded by hand stays so. */

const kinds = ['stop', 'cold-copy', 'start', 'check', 'prove', 'soak'] as const;
const users = Array.from({ length: 60 }, (_, index) => `user${String(index).padStart(2, '0')}`);

/** So many users are over, one is under way, the others wait. */
function story(over: number, failed = false): OperationStory {
  const stateOf = (user: number, kind: number): StepRecord['state'] => {
    if (user !== over) return user < over ? 'succeeded' : 'pending';
    if (kind === 2) return failed ? 'failed' : 'started';
    return kind < 2 ? 'succeeded' : 'pending';
  };
  const lanes = users.map((user, index) =>
    kinds.map((kind, at) => step(user, kind, `${kind} of ${user}`, stateOf(index, at))),
  );
  return {
    operation: operation({ kind: 'bump' }),
    steps: lanes.flat(),
    lanes: lanes.map((steps, index) => ({
      user: users[index] ?? null,
      phase: 'users',
      steps: steps.map(({ id }) => ({ id })),
    })),
    leftOut: [],
    notes: [],
    events: [],
    missed: 0,
    cutOff: false,
  };
}

function opened(what = story(30), size = { columns: 80, rows: 24 }) {
  const store = new Store({ ...four(size), look: { palette: 'none', glyphs: 'unicode' } });
  const controller = new Controller(store, {} as Effects);
  store.dispatch({ type: 'operations', operations: [{ operation: what.operation, steps: what.steps }] });
  const press = (...keys: string[]) => {
    for (const key of keys) controller.press([key]);
  };
  press('o', 'enter');
  store.dispatch({ type: 'opened', story: what });
  const pane = () => {
    const body = bodyWindow(store.get(), glyphSets.unicode);
    if (body === undefined) throw new Error('the fleet, not an operation');
    return body.kind === 'text' ? body : { ...body.left };
  };
  const lines = () => pane().lines.map(textOf);
  const selected = () => lines()[pane().selected ?? -1] ?? '';
  return { store, press, lines, selected, pane };
}

describe('a tree that has not room', () => {
  it('shows what moves with its steps, and folds what is done and what waits', () => {
    const { lines, selected, pane } = opened();
    expect(selected()).toMatch(/◐ start of user30/);
    const text = lines().join('\n');
    expect(text).toMatch(/✓ ▸ user29 {2}6 of 6/);
    expect(text).toMatch(/◐ ▾ user30 {2}2 of 6/);
    expect(text).toMatch(/· ▸ user31 {2}0 of 6/);
    expect(text).not.toContain('stop of user29');
    // The phase, sixty users, six steps of one of them.
    expect(pane().title).toMatch(/ of 67$/);
  });

  it('shows what went wrong in the same way', () => {
    expect(opened(story(30, true)).selected()).toMatch(/✗ start of user30/);
  });

  it('follows what moves until somebody selects a branch; that one stays, whatever folds', () => {
    const { store, press, selected, lines } = opened();
    store.dispatch({ type: 'opened', story: story(31) });
    expect(selected()).toMatch(/start of user31/);
    press('j');
    expect(selected()).toMatch(/check of user31/);
    store.dispatch({ type: 'opened', story: story(50) });
    expect(selected()).toMatch(/✓ check of user31/);
    expect(lines().join('\n')).toContain('stop of user31');
  });

  it('is gone through by rows, to both ends and by pages, and says where it ends', () => {
    const { store, press, selected, pane } = opened();
    press('G');
    expect(selected()).toMatch(/user59/);
    press('j');
    expect(store.get().notice?.text).toBe('that is the last');
    press('g');
    expect(selected()).toMatch(/one user after the other/);
    press('ctrl-d');
    expect(pane().selected).toBeGreaterThan(3);
  });

  it('is folded and unfolded by hand, which stays so; left goes up, right goes down', () => {
    const { store, press, selected, lines } = opened();
    press('k', 'k', 'left');
    expect(selected()).toMatch(/▾ user30/);
    press('enter');
    expect(selected()).toMatch(/▸ user30 {2}2 of 6/);
    store.dispatch({ type: 'opened', story: story(40) });
    expect(selected()).toMatch(/▸ user30/);
    press('right');
    expect(selected()).toMatch(/▾ user30/);
    press('right');
    expect(selected()).toMatch(/stop of user30/);
    press('enter');
    expect(store.get().notice?.text).toBe('there is nothing below it');
    press('-');
    expect(lines()).toHaveLength(1);
    expect(selected()).toMatch(/▸ one user after the other {2}242 of 360/);
    press('left');
    expect(store.get().notice?.text).toBe('there is nothing above it');
    press('+');
    expect(selected()).toMatch(/stop of user30/);
  });

  it('has beside it what the selected branch has said, and before anything was selected all of it', () => {
    const said = (user: string, id: number) =>
      event(0, { type: 'text', text: `word of ${user}` }, { id, user, step: `${user}/stop` });
    const what = { ...story(30), events: [said('user29', 1), said('user30', 2)] };
    const { store, press } = opened(what, { columns: 200, rows: 60 });
    const right = () => {
      const body = bodyWindow(store.get(), glyphSets.unicode);
      if (body?.kind !== 'split') throw new Error('not side by side');
      return [body.right.title, ...body.right.lines.map(textOf)].join('\n');
    };
    expect(right()).toMatch(/^output\n.*word of user29\n.*word of user30$/);
    press('left');
    expect(right()).toMatch(/^output of user30\n[^\n]*word of user30$/);
  });

  it('beside its output is what the keys are for, or says how it becomes so', () => {
    const { store, press, pane } = opened(story(30), { columns: 200, rows: 60 });
    expect(pane().selected).toBeDefined();
    press('tab');
    expect(pane().selected).toBeUndefined();
    press('enter');
    expect(store.get().notice?.text).toContain('the keys are not for the tree now: tab');
  });
});

describe('a tree that has room', () => {
  it('is shown wholly', () => {
    const all = story(30);
    const few = { ...all, steps: all.steps.slice(0, 12), lanes: all.lanes.slice(0, 2) };
    const { lines } = opened(few);
    expect(lines().join('\n')).toMatch(/✓ ▾ user00\s/);
    expect(lines()).toHaveLength(1 + 2 + 12);
  });
});
