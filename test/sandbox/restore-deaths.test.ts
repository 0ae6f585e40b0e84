import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FaultBench } from './faults/bench.ts';
import { isTried } from './faults/sample.ts';

/**
 * A runner that dies after any single action, while the server wrote until it was stopped and the dispatch is visited
 * throughout: by resume or by rollback, exactly the chosen database or exactly the old one.
 */

let bench: FaultBench;
beforeAll(async () => {
  bench = await FaultBench.create();
});
afterAll(() => bench.destroy());

const restore = () => ({
  kind: 'restore' as const,
  user: 'alice',
  snapshot: bench.chosen,
  interruptTurn: true,
});

/** What a restore does, in its order; the first test holds it against what one really does. */
const points = [
  'snapshotter stage',
  'unit mask',
  'unit stop',
  'unit reset-failed',
  'keeper hold',
  'snapshotter keep',
  'keeper hold',
  'snapshotter exchange',
  'unit unmask',
  'unit start',
  'snapshotter settle',
] as const;

/** What going back does, after a handshake that failed. */
const backwards = [
  'unit mask',
  'unit stop',
  'unit reset-failed',
  'keeper hold',
  'snapshotter keep',
  'keeper hold',
  'snapshotter exchange',
  'unit unmask',
  'unit start',
  'snapshotter settle',
] as const;

const last = points.length - 1;

/**
 * Of the single actions on files of the exchange (src/snapshots/owner/replacement.ts) those after which something is
 * different: the old file has its second name; the folder is on the disk; the new file has the live name; all is done.
 * Of a database that was folded, the others find nothing to move.
 */
const exchangeActions = [1, 5, 6, 9];

describe('a restore', () => {
  it('does these things, and works', async () => {
    const before = await bench.begin();
    const { points: reached, ended } = await bench.run(restore(), {});
    expect(ended?.steps.map(({ reason }) => reason).filter(Boolean)).toEqual([]);
    expect(ended?.operation.outcome).toBe('succeeded');
    expect(reached).toEqual(points);
    expect(await bench.check(before)).toBe('chosen');
  });

  it('is cleared up without a question when its runner dies before it has stopped anything', async () => {
    const before = await bench.begin();
    const { id, ended } = await bench.run(restore(), { at: 0, how: 'die after' });
    expect(ended).toBeUndefined();
    const { exitCode } = await bench.sandbox.run('operations', '--recover');
    expect(exitCode).toBe(0);
    expect(bench.ended(id).operation.outcome).toBe('interrupted');
    expect(await bench.check(before)).toBe('old');
  });

  it('that was cut off lets nothing else begin before somebody has decided', async () => {
    const before = await bench.begin();
    const { id } = await bench.run(restore(), { at: 2, how: 'die after' });
    for (const command of [['backup', 'alice'], ['probe'], ['operations', '--recover']]) {
      const refused = await bench.sandbox.run(...command);
      expect(refused.exitCode, command.join(' ')).not.toBe(0);
      expect(refused.stderr + refused.stdout).toContain(`operations resume ${id}`);
    }
    expect((await bench.sandbox.run('backup', 'alice')).exitCode).toBe(5);
    expect((await bench.sandbox.run('operations', 'rollback', String(id))).exitCode).toBe(0);
    expect(await bench.check(before)).toBe('old');
  });

  describe.each([
    ['resume', 'chosen', 0],
    ['rollback', 'old', 1],
  ] as const)('whose runner dies, and that is taken on by %s,', (way, expected, which) => {
    const tried = points
      .map((name, at) => [at, name] as const)
      .slice(1)
      .filter(([at]) => isTried(at, which));
    it.each(tried)('after action %i (%s)', async (at) => {
      // When the last action was done, so was the restore.
      const done = at === last;
      await dies({ at, how: 'die after' }, way, done ? 'chosen' : expected);
    });

    const among = exchangeActions.filter((_, index) => isTried(index, which));
    it.each(among)('after %i of the actions on files of the exchange', async (exchange) => {
      await dies({ exchange }, way, expected);
    });
  });

  it('that is taken back once the new database has the live name lets nobody into either database', async () => {
    const before = await bench.begin();
    const { id, ended } = await bench.run(restore(), { exchange: exchangeActions.at(-1) ?? 0 });
    expect(ended).toBeUndefined();
    const back = await bench.run(
      { kind: 'recover', operation: id, way: 'roll back' },
      { visitor: bench.said },
    );
    // Had they been let in, their log would have been left beside the old database, and replayed into it.
    expect(readFileSync(bench.said, 'utf8')).toBe('SQLITE_BUSY');
    expect(back.ended?.operation.outcome).toBe('succeeded');
    expect(bench.ended(id).operation.outcome).toBe('rolled back');
    expect(await bench.check(before)).toBe('old');
  });

  it('whose new database was spoilt once its keeper had died goes back to the old one, also when resumed', async () => {
    const before = await bench.begin();
    const { id } = await bench.run(restore(), { exchange: exchangeActions.at(-1) ?? 0 });
    await bench.closeDoor();
    bench.spoil();
    const { stdout, stderr } = await bench.sandbox.run('operations', 'resume', String(id));
    const { operation, steps } = bench.ended(id);
    const story =
      stdout + stderr + JSON.stringify(steps.map(({ kind, state, reason }) => [kind, state, reason]));
    expect(operation.outcome, story).toBe('rolled back');
    expect(steps.find(({ kind }) => kind === 'replace')?.reason, story).toMatch(
      /^the new database is damaged .*the old database has its name again$/,
    );
    // Nobody had to try whether a server can live on it.
    expect(steps.find(({ kind }) => kind === 'start')?.startedAt, story).toBeUndefined();
    expect(await bench.check(before), story).toBe('old');
  });

  it('that gave way to the old one, and whose next runner died in that moment, still knows which is which', async () => {
    const before = await bench.begin();
    const { id } = await bench.run(restore(), { exchange: exchangeActions.at(-1) ?? 0 });
    await bench.closeDoor();
    bench.spoil();
    const { points: reached } = await bench.run(
      { kind: 'recover', operation: id, way: 'resume' },
      { at: 4, how: 'die after' },
    );
    expect(reached).toEqual([
      'snapshotter retreat',
      'keeper hold',
      'keeper hold',
      'keeper hold',
      'snapshotter exchange',
    ]);
    await bench.sandbox.run('operations', 'resume', String(id));
    const { operation, steps } = bench.ended(id);
    const story = JSON.stringify(steps.map(({ kind, state, reason }) => [kind, state, reason]));
    expect(operation.outcome, story).toBe('rolled back');
    expect(await bench.check(before), story).toBe('old');
  });

  describe('that goes back because the handshake fails, and whose runner dies on the way,', () => {
    it('does these things', async () => {
      const before = await bench.begin();
      const { points: reached, ended } = await bench.run(restore(), { probe: 'broken' });
      expect(ended?.operation.outcome).toBe('rolled back');
      expect(reached.slice(last)).toEqual(backwards);
      expect(await bench.check(before)).toBe('old');
    });

    const tried = backwards
      .slice(0, -1)
      .map((name, index) => [last + index, name] as const)
      .filter(([at]) => isTried(at, 0));
    it.each(tried)('after action %i (%s), is taken to the end of it', async (at) => {
      await dies({ at, how: 'die after', probe: 'broken' }, 'resume', 'old');
    });

    it('after everything was back, needs nobody’s decision', async () => {
      const before = await bench.begin();
      const at = last + backwards.length - 1;
      const { id, ended } = await bench.run(restore(), { at, how: 'die before', probe: 'broken' });
      expect(ended).toBeUndefined();
      const refused = await bench.sandbox.run('operations', 'resume', String(id));
      expect(refused.exitCode).toBe(2);
      expect(refused.stderr).toContain('nothing left to decide');
      expect((await bench.sandbox.run('operations', '--recover')).exitCode).toBe(0);
      expect(bench.ended(id).operation.outcome).toBe('interrupted');
      expect(await bench.check(before)).toBe('old');
    });
  });
});

async function dies(
  fault: Parameters<FaultBench['run']>[1],
  way: 'resume' | 'rollback',
  expected: 'old' | 'chosen',
): Promise<void> {
  const before = await bench.begin();
  const { id, ended } = await bench.run(restore(), fault);
  expect(ended).toBeUndefined();
  const { stdout, stderr } = await bench.sandbox.run('operations', way, String(id));
  const { operation, steps } = bench.ended(id);
  const story =
    stdout + stderr + JSON.stringify(steps.map(({ kind, state, reason }) => ({ kind, state, reason })));
  expect(operation.state, story).toBe('ended');
  expect(operation.outcome, story).toBe(expected === 'chosen' ? 'succeeded' : 'rolled back');
  expect(await bench.check(before), story).toBe(expected);
}
