import { readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bumping, unitOf, type Standing } from './bumping.ts';
import { work } from './databases.ts';
import { all } from './faults/sample.ts';

/**
 * A rollback that dies, or fails, in the middle: versions and databases fit together, whatever is decided then. The version
 * that is gone back to refuses whom it is told to.
 */

let on: Bumping;
/** Before the bump, and after it, with everybody's work since. */
let before: Standing;
let bumped: Standing;
beforeAll(async () => {
  on = await Bumping.create(4);
  before = await on.standing();
}, 900_000);
afterAll(() => on.destroy());

/** Everybody has the newer version, and works with it. */
async function bumpAndWork(): Promise<void> {
  rmSync(on.at('etc/t3-autoupdate.freeze'), { force: true });
  const done = await on.bump('0.0.27', '--set', 'busy.quiet=0s');
  expect(done.exitCode, done.stdout + done.stderr).toBe(0);
  // Whoever is idle longest goes first.
  for (const user of ['dave', 'alice']) work(on.sandbox.database(user), `${user}-later`);
  bumped = await on.standing();
}

/** Nobody is held on anything that is not installed. */
async function expectNobodyHeld(): Promise<void> {
  const states = await on.supervisor.show(on.users.map(unitOf));
  expect([...states.values()].filter(({ heldOn }) => heldOn !== undefined)).toEqual([]);
}

/** Steps of every kind, of the host and of the first and the last user who goes back. */
const points = [
  'dave/hold',
  'freeze',
  'pin/1',
  'install',
  'dave/stage',
  'dave/stop',
  'dave/replace',
  'dave/start',
  'dave/soak',
  'alice/stop',
  'alice/replace',
  'alice/start',
];

/** All of them, or those few that are tried in `npm test`. */
const pointsOf = (...few: string[]) => (all ? points : few);

describe('a rollback whose runner is killed', () => {
  beforeAll(bumpAndWork, 900_000);

  it.each(pointsOf('install', 'alice/replace'))(
    'at %s, and is taken back itself: everybody has what they had before it, with the work since',
    async (point) => {
      const id = await on.beginRollback();
      await on.killAt(id, point);
      const undecided = on.states(id)['pin/0'] !== 'pending';
      const done = await on.sandbox.run(
        'operations',
        ...(undecided ? ['rollback', String(id)] : ['--recover']),
      );
      expect(on.outcome(id).outcome, done.stdout + done.stderr).toBe('interrupted');
      await on.expectBefore(bumped, false);
      await expectNobodyHeld();
    },
    600_000,
  );

  it('of which the first user cannot be taken back: everything is led forward again', async () => {
    const restore = on.setEnvironment('dave', 'T3_STAND_IN_REFUSES=0.0.24');
    const done = await on.rollback('--set', 'busy.quiet=0s');
    restore();
    expect(done.exitCode, done.stdout + done.stderr).toBe(1);
    expect(done.stdout).toMatch(
      /operation rolled back: dave: direct: broken at exchange: .*; everything is as it was before/,
    );
    await on.expectBefore(bumped, false);
    await expectNobodyHeld();
  });

  it('of which a later user cannot be: only they stay, held and owed, until drain takes them back', async () => {
    const restore = on.setEnvironment('alice', 'T3_STAND_IN_REFUSES=0.0.24');
    const done = await on.rollback('--set', 'busy.quiet=0s');
    expect(done.exitCode, done.stdout + done.stderr).toBe(4);
    expect(on.outcome(on.sandbox.newestOperation())).toEqual({
      outcome: 'failed',
      reason: expect.stringMatching(
        /^back: dave; not back: alice stays on 0\.0\.27: direct: broken at exchange: .*; they are owed a rollback: t3-cockpit drain/,
      ),
    });
    const { users, ...host } = await on.standing();
    expect(host).toEqual({ binary: before.binary, pins: before.pins, frozen: true });
    expect(users['dave']).toEqual(before.users['dave']);
    expect(users['alice']).toEqual(bumped.users['alice']);
    expect(readFileSync(on.at('var/lib/t3-autoupdate/deferred/alice'), 'utf8')).toBe('0.0.24\n');
    // A drain that fails for the same reason leaves them where they are.
    const again = await on.sandbox.run('drain', '--yes', '--set', 'busy.quiet=0s');
    expect(again.exitCode, again.stdout).not.toBe(0);
    expect((await on.standing()).users['alice']).toEqual(bumped.users['alice']);
    restore();
    const drained = await on.sandbox.run('drain', '--yes', '--set', 'busy.quiet=0s');
    expect(drained.exitCode, drained.stdout + drained.stderr).toBe(0);
    await on.expectBefore(before, true);
    await expectNobodyHeld();
  });
});

/** By an admin to whom everybody is idle: what counts is what is configured now. */
const resume = (id: number) =>
  on.sandbox.run('--set', 'busy.quiet=0s', '--set', 'bump.soak=300ms', 'operations', 'resume', String(id));

describe('a rollback whose runner is killed, and that is resumed', () => {
  it.each(pointsOf('dave/replace'))(
    'from %s: everybody has what they had before the bump',
    async (point) => {
      await bumpAndWork();
      const id = await on.beginRollback();
      await on.killAt(id, point);
      const undecided = on.states(id)['pin/0'] !== 'pending';
      if (undecided) {
        const done = await resume(id);
        expect(on.outcome(id), done.stdout + done.stderr).toMatchObject({ outcome: 'succeeded' });
      } else {
        expect((await on.sandbox.run('operations', '--recover')).exitCode).toBe(0);
        expect((await on.rollback('--set', 'busy.quiet=0s')).exitCode).toBe(0);
      }
      await on.expectBefore(before, true);
      await expectNobodyHeld();
    },
    600_000,
  );

  it('after a reboot: who was stopped then is stopped once more, and whoever was held is so again', async () => {
    await bumpAndWork();
    const id = await on.beginRollback();
    await on.killAt(id, 'dave/replace');
    on.reboot(id);
    for (const user of ['alice', 'dave']) {
      await on.supervisor.act('unmask', unitOf(user), 60_000);
      await on.supervisor.restart(unitOf(user));
    }
    const done = await resume(id);
    expect(on.outcome(id), done.stdout + done.stderr).toMatchObject({ outcome: 'succeeded' });
    await on.expectBefore(before, true);
    await expectNobodyHeld();
  }, 900_000);
});
