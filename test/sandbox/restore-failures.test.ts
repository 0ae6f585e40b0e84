import { closeSync, openSync, readdirSync, writeSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FaultBench } from './faults/bench.ts';
import { isTried } from './faults/sample.ts';

/** Every single action of a restore that fails, whether it was done or not: the chosen database or the old one, and said. */

let bench: FaultBench;
beforeAll(async () => {
  bench = await FaultBench.create();
});
afterAll(() => bench.destroy());

const restore = (snapshot = bench.chosen) => ({
  kind: 'restore' as const,
  user: 'alice',
  snapshot,
  interruptTurn: true,
});

const points = [
  ['snapshotter stage', 'no space left'],
  ['unit mask', 'access denied'],
  ['unit stop', 'did not finish within 120 s and was killed'],
  ['unit reset-failed', 'no permission'],
  ['keeper hold', 'somebody else has it open'],
  ['snapshotter keep', 'no space left'],
  ['keeper hold', 'input/output error'],
  ['snapshotter exchange', 'input/output error'],
  ['unit unmask', 'access denied'],
  ['unit start', 'Job for t3-serve@alice.service failed'],
  ['snapshotter settle', 'no permission'],
] as const;

describe.each(['fail before', 'fail after'] as const)('an action that is said to fail (%s it)', (how) => {
  const way = how === 'fail before' ? 0 : 1;
  const tried = points.map(([name, words], at) => ({ at, name, words })).filter(({ at }) => isTried(at, way));
  it.each(tried)('$at: $name: $words', async ({ at, words }) => {
    const before = await bench.begin();
    const { ended } = await bench.run(restore(), { at, how, words });
    const story = JSON.stringify(ended?.steps.map(({ kind, state, reason }) => ({ kind, state, reason })));
    const found = await bench.check(before);
    expect(found, story).toBe(ended?.operation.outcome === 'succeeded' ? 'chosen' : 'old');
    // What failed before it was done cannot have succeeded, but for the last one, which is simply done again.
    if (how === 'fail before' && at < points.length - 1) {
      expect(found).toBe('old');
      expect(story).toContain(words);
    }
  });
});

describe('a snapshot that is changed underneath', () => {
  it('is found out, and not offered again', async () => {
    const { exitCode } = await bench.sandbox.run('backup', 'alice');
    expect(exitCode).toBe(0);
    const other = readdirSync(bench.sandbox.snapshots('alice')).find(
      (name) => name.startsWith('manual') && name.endsWith('.sqlite') && name !== bench.chosen,
    );
    const file = path.join(bench.sandbox.snapshots('alice'), other ?? '');
    const descriptor = openSync(file, 'r+');
    writeSync(descriptor, 'x', 5000);
    closeSync(descriptor);
    const before = await bench.begin();
    const { ended } = await bench.run(restore(other), {});
    expect(ended?.operation.outcome).toBe('failed');
    expect(ended?.steps[0]?.reason).toMatch(/checksum|malformed|integrity/);
    expect(await bench.check(before)).toBe('old');
    const again = await bench.sandbox.run('restore', 'alice', '--snapshot', other ?? '', '--yes');
    expect(again.exitCode).toBe(3);
    expect(again.stderr).toContain('cannot be restored');
  });
});
