import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { MarkStep } from '../../../src/operations/plan.ts';
import { markStep } from '../../../src/operations/steps/mark.ts';
import type { StepContext } from '../../../src/operations/steps/step.ts';
import { fakeHost } from '../../fakes/host.ts';
import { scratch } from '../../scratch.ts';

let lastGood: string;
let step: MarkStep;
let context: StepContext;
beforeEach(() => {
  lastGood = path.join(scratch(), 'jobs', 'last-good');
  mkdirSync(path.dirname(lastGood));
  step = { kind: 'mark', id: 'mark', title: 'mark', user: null, lastGood, version: '0.0.27' };
  let memory: unknown;
  context = {
    host: fakeHost(),
    remember: (what: unknown) => void (memory = what),
    remembered: () => memory,
  } as unknown as StepContext;
});
const text = () => readFileSync(lastGood, 'utf8');

describe('the version that the host’s scripts are told is good', () => {
  it('is the one before again when the runner died after it, and everybody was taken back', async () => {
    writeFileSync(lastGood, '0.0.24\n');
    await markStep.run(context, step);
    expect(text()).toBe('0.0.27\n');
    await markStep.undo?.(context, step);
    expect(text()).toBe('0.0.24\n');
    await markStep.undo?.(context, step);
    expect(text()).toBe('0.0.24\n');
  });

  it('is none again where there was none', async () => {
    await markStep.run(context, step);
    await markStep.undo?.(context, step);
    expect(existsSync(lastGood)).toBe(false);
  });

  it('is not written by the next runner when the one that died had not come to it', async () => {
    writeFileSync(lastGood, '0.0.24\n');
    expect(await markStep.recover(context, step)).toBeUndefined();
    expect(text()).toBe('0.0.24\n');
    await markStep.run(context, step);
    expect(await markStep.recover(context, step)).toEqual({ result: {} });
    expect(text()).toBe('0.0.27\n');
  });

  it('is left to whoever has found another one good meanwhile, and by a runner that had not come to it', async () => {
    writeFileSync(lastGood, '0.0.24\n');
    await markStep.undo?.(context, step);
    expect(text()).toBe('0.0.24\n');
    await markStep.run(context, step);
    writeFileSync(lastGood, '0.0.28\n');
    await markStep.undo?.(context, step);
    expect(text()).toBe('0.0.28\n');
  });
});
