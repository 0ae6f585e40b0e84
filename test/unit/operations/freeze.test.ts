import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { operationOfFreeze } from '../../../src/fleet/freeze.ts';
import { freezeGuard, freezeNow } from '../../../src/operations/guards/freeze.ts';
import { ask, type GuardContext } from '../../../src/operations/guards/guard.ts';
import type { FreezeStep } from '../../../src/operations/plan.ts';
import { freezeStep } from '../../../src/operations/steps/freeze.ts';
import type { StepContext } from '../../../src/operations/steps/step.ts';
import { fakeHost } from '../../fakes/host.ts';
import { scratch } from '../../scratch.ts';

/** The freeze for the time of an operation, beside those of an admin, of a script, and of what has failed. */

const operation = 7;
let file: string;
let told: string[];
let context: StepContext & GuardContext;
beforeEach(() => {
  file = path.join(scratch(), 'freeze');
  told = [];
  let memory: unknown;
  context = {
    host: fakeHost(),
    config: loadConfig({ set: [`paths.freeze=${file}`] }).config,
    operation,
    event: (_level: unknown, payload: { text: string }) => void told.push(payload.text),
    remember: (what: unknown) => void (memory = what),
    remembered: () => memory,
  } as unknown as StepContext & GuardContext;
});

const step = (reason: string | null, meanwhile = true): FreezeStep => ({
  kind: 'freeze',
  id: 'freeze',
  title: 'freeze',
  user: null,
  file,
  reason,
  ...(meanwhile ? { meanwhile } : {}),
});
const [set, lift] = [() => step('bump to 0.0.27'), () => step(null)];
const text = () => readFileSync(file, 'utf8');
const may = async (who = operation, back = false) =>
  (await ask(freezeGuard, { ...context, operation: who }, { back })).holds;
const guarded = async (which: FreezeStep) =>
  (await Promise.all(freezeStep.guards.map((guard) => ask(guard, context, which)))).every(
    ({ holds }) => holds,
  );

describe('a freeze for the time of an operation', () => {
  it('stops everybody but that operation, says which, and goes with it', async () => {
    expect(await guarded(set())).toBe(true);
    await freezeStep.run(context, set());
    expect(text()).toBe('t3-cockpit: operation 7 moves versions: bump to 0.0.27\n');
    expect([await may(), await may(8), await may(8, true)]).toEqual([true, false, true]);
    expect((await freezeNow(context.host, context.config))?.operation).toBe(operation);
    // A runner that died at it: the next one finds it done.
    await freezeStep.recover(context, set());
    await freezeStep.run(context, lift());
    expect(existsSync(file)).toBe(false);
    await freezeStep.run(context, lift());
    expect(told).toEqual([]);
  });

  it('goes when what it was for is taken back; and stays when nobody knows how far that came', async () => {
    await freezeStep.run(context, set());
    expect(freezeStep.undoWhenLost?.(context, set())).toBe(false);
    await freezeStep.undo?.(context, set());
    expect(existsSync(file)).toBe(false);
  });

  it.each(['holiday\n', '', 't3-cockpit: bump to 0.0.31 failed (operation 7): x\n', '\u0000'])(
    'is not put over another (%j), nor takes that away',
    async (other) => {
      writeFileSync(file, other);
      expect([await guarded(set()), await may()]).toEqual([false, false]);
      // It was set between the guard and the step.
      await freezeStep.run(context, set());
      await freezeStep.undo?.(context, set());
      await freezeStep.run(context, lift());
      expect(text()).toBe(other);
      // What it has left itself is no news.
      const times = other.includes('(operation 7)') ? 0 : 2;
      expect(told).toEqual(Array.from({ length: times }, () => expect.stringMatching(/that stays/)));
      expect(await guarded(lift())).toBe(true);
    },
  );

  it('of another operation is not ours', async () => {
    await freezeStep.run({ ...context, operation: 6 }, set());
    expect([await guarded(set()), await may(), await may(6)]).toEqual([false, false, true]);
    await freezeStep.run(context, lift());
    expect(existsSync(file)).toBe(true);
  });
});

describe('a freeze that somebody wants', () => {
  it('is put there and taken away whatever is there, and what was there comes back', async () => {
    writeFileSync(file, 'holiday\n');
    await freezeStep.run(context, step('week', false));
    expect(text()).toBe('week\n');
    await freezeStep.undo?.(context, step('week', false));
    expect(text()).toBe('holiday\n');
    await freezeStep.run(context, step(null, false));
    expect(existsSync(file)).toBe(false);
    rmSync(file, { force: true });
  });

  it('is told from one for the time of an operation by all of its words', () => {
    for (const words of [
      '',
      't3-cockpit: operation x moves versions: y',
      't3-cockpit: taken back from 1 to 2',
    ])
      expect(operationOfFreeze(words)).toBe(undefined);
  });
});
