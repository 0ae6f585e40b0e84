import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FaultBench } from './faults/bench.ts';
import { all } from './faults/sample.ts';

/**
 * A restart, of which one action fails or whose runner dies: the database is the one that it was, nobody stays masked, and
 * what is not well is said.
 */

let bench: FaultBench;
beforeAll(async () => {
  bench = await FaultBench.create();
});
afterAll(() => bench.destroy());

const restart = { kind: 'restart' as const, users: ['alice'] };
const points = [
  'snapshotter take',
  'unit mask',
  'unit stop',
  'unit reset-failed',
  'unit unmask',
  'unit start',
  'snapshotter settle',
];

/** Of the actions, npm test takes the two around which the server is away. */
const isHere = (at: number) => all || points[at] === 'unit stop' || points[at] === 'unit start';

describe('a restart', () => {
  it('does these things, and works', async () => {
    const before = await bench.beginIdle();
    const { points: reached, ended } = await bench.run(restart, {});
    expect(ended?.operation.outcome).toBe('succeeded');
    expect(reached).toEqual(points);
    await bench.checkStayed(before);
  });

  describe.each(['fail before', 'fail after'] as const)(
    'of which an action is said to fail (%s it),',
    (how) => {
      const tried = points.map((name, at) => ({ at, name })).filter(({ at }) => isHere(at));
      it.each(tried)('$at: $name', async ({ at }) => {
        const before = await bench.beginIdle();
        const { ended } = await bench.run(restart, { at, how, words: 'access denied' });
        const story = JSON.stringify(
          ended?.steps.map(({ kind, state, reason }) => ({ kind, state, reason })),
        );
        expect(ended?.operation.outcome === 'succeeded' || story.includes('access denied'), story).toBe(true);
        await bench.start();
        await bench.checkStayed(before);
      });
    },
  );

  describe.each(['resume', 'rollback'] as const)('whose runner dies, and that is taken on by %s,', (way) => {
    const tried = points.map((name, at) => [at, name] as const).filter(([at]) => isHere(at));
    it.each(tried)('after action %i (%s)', async (at) => {
      const before = await bench.beginIdle();
      const { id, ended } = await bench.run(restart, { at, how: 'die after' });
      expect(ended).toBeUndefined();
      const decided = await bench.sandbox.run(
        'operations',
        ...(at === 0 ? ['--recover'] : [way, String(id)]),
      );
      expect(decided.exitCode, decided.stdout + decided.stderr).toBe(0);
      expect(bench.ended(id).operation.outcome).toBeDefined();
      await bench.checkStayed(before);
    });
  });
});
