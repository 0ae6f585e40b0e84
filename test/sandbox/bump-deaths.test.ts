import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bumping } from './bumping.ts';
import { all } from './faults/sample.ts';

/** A runner that is killed in the middle of a bump: whatever is decided then, versions and databases fit together. */

let on: Bumping;
beforeAll(async () => {
  on = await Bumping.create(4);
  // Judged once: what is killed here is what comes after.
  expect((await on.sandbox.run('--set', 'gate.watch=100ms', 'preflight', '0.0.27')).exitCode).toBe(0);
});
afterAll(() => on.destroy());

/** Steps of every kind, of the host and of the first and the last user who are moved. */
const points = [
  'dave/snapshot',
  'pin/1',
  'install',
  'dave/stop',
  'dave/cold-copy',
  'dave/start',
  'dave/soak',
  'alice/start',
];

/** All of them, or those few that are tried in `npm test`. */
const pointsOf = (...few: string[]) => (all ? points : few);

describe('a runner that is killed', () => {
  it.each(pointsOf('install', 'dave/cold-copy'))(
    'at %s, and rolled back: everything is as before',
    async (point) => {
      const before = await on.standing();
      const id = await on.begin('0.0.27');
      await on.killAt(id, point);
      const undecided = Object.entries(on.states(id)).some(
        ([step, state]) => /^(pin|install)/.test(step) && state !== 'pending',
      );
      // It is about the next start of the machine, when the host's own timers are not held off any more.
      if (undecided)
        expect(readFileSync(on.at('etc/t3-autoupdate.freeze'), 'utf8')).toContain(`operation ${id} moves`);
      const done = await on.sandbox.run(
        'operations',
        ...(undecided ? ['rollback', String(id)] : ['--recover']),
      );
      expect([0, 1], done.stdout + done.stderr).toContain(done.exitCode);
      expect(on.outcome(id).outcome, done.stdout).toBe('interrupted');
      await on.expectBefore(before, false);
    },
  );

  it.each(pointsOf('dave/stop', 'alice/start'))(
    'at %s, and resumed: everybody who can be is moved',
    async (point) => {
      const before = await on.standing();
      const id = await on.begin('0.0.27');
      await on.killAt(id, point);
      const undecided = Object.entries(on.states(id)).some(
        ([step, state]) => /^(pin|install)/.test(step) && state !== 'pending',
      );
      if (undecided) {
        const done = await on.sandbox.run('operations', 'resume', String(id));
        expect(on.outcome(id).outcome, done.stdout + done.stderr).toBe('succeeded');
      } else {
        expect((await on.sandbox.run('operations', '--recover')).exitCode).toBe(0);
        expect((await on.bump('0.0.27')).exitCode).toBe(0);
      }
      const now = await on.standing();
      for (const user of ['alice', 'dave'])
        expect(now.users[user]).toEqual({ ...before.users[user], runs: '0.0.27', schema: 32 });
      expect(now.binary).toContain('/0.0.27/');
      for (const text of Object.values(now.pins)) expect(text).toContain(':-0.0.27}');
      on.expectTidy();
      expect(now.frozen).toBe(false);
      await on.reset(before);
    },
  );

  it.each(all ? ['install', 'alice/start', 'dave/cold-copy'] : [])(
    'on the way back, when %s was undone: there is no other way any more, and it is gone to its end',
    async (point) => {
      const restore = on.setEnvironment('alice', 'T3_STAND_IN_REFUSES=1');
      try {
        const before = await on.standing();
        const id = await on.begin('0.0.31');
        await on.killAt(id, point, 'undone');
        const done = await on.sandbox.run('operations', 'resume', String(id));
        expect(on.outcome(id).outcome, done.stdout + done.stderr).toBe('interrupted');
        expect(on.outcome(id).reason).toContain('everything is as it was before');
        await on.expectBefore(before, true);
      } finally {
        restore();
      }
    },
  );
});
