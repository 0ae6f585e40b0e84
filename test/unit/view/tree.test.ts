import { describe, expect, it } from 'vitest';
import type { StepRecord, StepState } from '../../../src/journal/records.ts';
import { lanesOf } from '../../../src/operations/story.ts';
import { spanOf, treeOf, walk } from '../../../src/view/tree.ts';

const step = (user: string | undefined, kind: string, state: StepState, from = 0, to = 10): StepRecord => ({
  id: `${user ?? 'host'}/${kind}`,
  user,
  kind,
  title: kind,
  state,
  undo: undefined,
  result: undefined,
  reason: undefined,
  startedAt: state === 'pending' ? undefined : from,
  endedAt: state === 'pending' || state === 'started' ? undefined : to,
  progress: undefined,
});
const lane = (user: string | null, phase: string | undefined, ...ids: string[]) => ({
  user,
  phase,
  steps: ids.map((id) => ({ id })),
});
const drawn = (steps: StepRecord[], lanes: ReturnType<typeof lane>[]) =>
  [...walk(treeOf(steps, lanes))].map(
    ({ branch, follows }) => `${'  '.repeat(follows.length - 1)}${branch.label}: ${branch.state}`,
  );

describe('the tree of an operation', () => {
  it('has its phases, in each the users, of each the steps', () => {
    const steps = [
      step(undefined, 'install', 'succeeded'),
      step('ada', 'stop', 'succeeded'),
      step('ada', 'start', 'started'),
      step('emo', 'stop', 'pending'),
      step('emo', 'start', 'pending'),
    ];
    expect(
      drawn(steps, [
        lane(null, 'switch', 'host/install'),
        lane('ada', 'users', 'ada/stop', 'ada/start'),
        lane('emo', 'users', 'emo/stop', 'emo/start'),
      ]),
    ).toEqual([
      'move pins and binary: succeeded',
      '  install: succeeded',
      'one user after the other: started',
      '  ada: started',
      '    stop: succeeded',
      '    start: started',
      '  emo: pending',
      '    stop: pending',
      '    start: pending',
    ]);
  });

  it('is one line for a user with one step', () => {
    expect(drawn([step('ada', 'snapshot', 'failed')], [lane('ada', undefined, 'ada/snapshot')])).toEqual([
      'ada: snapshot: failed',
    ]);
  });

  it('stands for itself where the plan cannot be read, and loses no step', () => {
    const steps = [
      step('ada', 'stop', 'succeeded'),
      step('ada', 'start', 'succeeded'),
      step('emo', 'x', 'failed'),
    ];
    expect(drawn(steps, [])).toEqual([
      'ada: succeeded',
      '  stop: succeeded',
      '  start: succeeded',
      'emo: x: failed',
    ]);
    expect(lanesOf({ lanes: 'no lanes' })).toEqual([]);
    expect(drawn(steps, [lane('ada', 'users', 'ada/stop', 'ada/start')]).at(-1)).toBe('emo: x: failed');
  });

  it('says of a branch the worst of its steps, and for how long it went', () => {
    const steps = [
      step('ada', 'stop', 'succeeded', 5, 20),
      step('ada', 'start', 'failed', 20, 50),
      step('ada', 'z', 'pending'),
    ];
    const [branch] = treeOf(steps, [lane('ada', undefined, 'ada/stop', 'ada/start', 'ada/z')]);
    expect(branch).toMatchObject({ state: 'failed', done: 1, all: 3, startedAt: 5, endedAt: undefined });
    const [over] = treeOf(steps.slice(0, 2), [lane('ada', undefined, 'ada/stop', 'ada/start')]);
    expect(over === undefined ? undefined : spanOf(over, 1000)).toBe(45);
  });

  it('has taken no less than what is in it, by a clock that is a second behind', () => {
    const steps = [step('ada', 'stop', 'succeeded', 5, 900), step('ada', 'start', 'started', 910)];
    const [branch] = treeOf(steps, [lane('ada', undefined, 'ada/stop', 'ada/start')]);
    expect(branch === undefined ? undefined : spanOf(branch, 100)).toBe(905);
    expect(branch === undefined ? undefined : spanOf(branch, 2000)).toBe(1995);
  });
});
