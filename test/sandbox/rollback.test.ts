import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bumping, unitOf, type Standing } from './bumping.ts';
import { beginTurn, dumpWork, endWork, work } from './databases.ts';

/** Everybody taken back days after a bump: real packages, real databases, real processes. In the order of an admin's week. */

let on: Bumping;
let before: Standing;
/** What everybody had done by the time of the rollback. */
let done: Record<string, string>;
beforeAll(async () => {
  on = await Bumping.create(5);
  on.setEnvironment('bob', 'T3_STAND_IN_ACTIVITY=idle');
  await on.supervisor.restart(unitOf('bob'));
  before = await on.standing();
});
afterAll(() => on.destroy());

const moved = ['alice', 'bob', 'dave', 'erin'];

/** An hour later: everybody who runs the new version has worked with it. */
function everybodyWorks(): Record<string, string> {
  return Object.fromEntries(
    moved.map((user) => {
      work(on.sandbox.database(user), `${user}-later`);
      return [user, dumpWork(on.sandbox.database(user))];
    }),
  );
}

/** What was given up, by content. */
const keptOf = (user: string) =>
  on.sandbox
    .snapshotsOf(user)
    .filter((name) => name.startsWith('prerestore-0.0.27-'))
    .map((name) => dumpWork(path.join(on.sandbox.snapshots(user), name)));

describe('a rollback', () => {
  it('without a bump is refused, and says what is missing', async () => {
    const refused = await on.rollback();
    expect([refused.exitCode, refused.stderr]).toEqual([
      3,
      expect.stringMatching(/nothing is known of a bump that has brought 0\.0\.24: .*--to VERSION/),
    ]);
    const bumped = await on.bump('0.0.27', '--set', 'busy.quiet=0s');
    expect(bumped.exitCode, bumped.stdout + bumped.stderr).toBe(0);
    done = everybodyWorks();
  });

  it('says what each would lose, and changes nothing before somebody agrees', async () => {
    const moment = await on.standing();
    const { plan } = await on.sandbox.json<{ plan: { consent: { word: string }; notes: string[] } }>(
      '--dry-run',
      'rollback',
    );
    expect(plan.consent.word).toBe('0.0.24');
    for (const user of moved)
      expect(plan.notes).toContainEqual(
        expect.stringMatching(
          new RegExp(
            `^${user}: gives up 1 threads, 2 messages, 1 turns, newest work .*: prebump-0\\.0\\.24-`,
          ),
        ),
      );
    const unsaid = await on.sandbox.run('rollback');
    expect(unsaid.exitCode).toBe(3);
    expect(await on.standing()).toEqual(moment);
  });

  it('holds and owes whoever is at work or hosts the session, and takes the others back', async () => {
    const endTurn = beginTurn(on.sandbox.database('dave'));
    const leave = await on.workInside('erin');
    const run = await on.rollback('--set', 'busy.quiet=0s');
    leave();
    expect(run.exitCode, run.stdout + run.stderr).toBe(4);
    expect(on.outcome(on.sandbox.newestOperation())).toEqual({
      outcome: 'failed',
      reason: expect.stringMatching(
        /^back: alice, bob; not back: (erin stays on 0\.0\.27: erin’s instance hosts a session .*|dave stays on 0\.0\.27: dave is busy: a turn is in flight|; ){3}; they are owed a rollback: t3-cockpit drain/,
      ),
    });
    const { users, ...host } = await on.standing();
    expect(host).toEqual({ binary: before.binary, pins: before.pins, frozen: true });
    expect(readFileSync(on.at('etc/t3-autoupdate.freeze'), 'utf8')).toBe(
      't3-cockpit: taken back from 0.0.27 to 0.0.24\n',
    );
    expect(readFileSync(on.at('var/lib/t3-autoupdate/last-good'), 'utf8')).toBe('0.0.24\n');
    const frozen = await on.bump('0.0.27');
    expect([frozen.exitCode, frozen.stderr]).toEqual([3, expect.stringMatching(/versions are frozen: /)]);
    for (const user of ['alice', 'bob', 'carol'])
      expect([user, users[user]]).toEqual([user, before.users[user]]);
    for (const user of ['alice', 'bob']) expect(keptOf(user)).toEqual([done[user]]);
    for (const user of ['dave', 'erin']) {
      expect([user, users[user]?.runs, users[user]?.schema]).toEqual([user, '0.0.27', 32]);
      expect(readFileSync(on.at('var/lib/t3-autoupdate/deferred', user), 'utf8')).toBe('0.0.24\n');
    }
    expect((await on.sandbox.run('status', 'dave')).stdout).toMatch(/dave .*held 0\.0\.27 owed 0\.0\.24/);
    // Whatever starts it, it is the version that knows its database.
    await on.supervisor.restart(unitOf('dave'));
    expect(await on.runs('dave')).toBe('0.0.27');
    expect((await on.sandbox.run('drain', '--yes', '--set', 'busy.quiet=0s')).stdout).toMatch(
      /left out: dave: busy: a turn is in flight/,
    );
    expect((await on.standing()).users['erin']).toEqual(before.users['erin']);
    expect(keptOf('erin')).toEqual([done['erin']]);
    endTurn();
  });

  it('leaves what was given up to be looked into, by the commands that the docs have for it', async () => {
    const page = readFileSync(
      path.resolve(import.meta.dirname, '../../docs/looking-into-a-snapshot.md'),
      'utf8',
    );
    const [, lost = '', thread = ''] = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1]);
    const folder = on.sandbox.snapshots('alice');
    const kept = on.sandbox.snapshotsOf('alice').findLast((name) => name.startsWith('prerestore-')) ?? '';
    const bits = readFileSync(path.join(folder, kept));
    const paste = (script: string, variables: Record<string, string>) =>
      execFileSync('sh', ['-euc', script], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, KEPT: kept, NOW: on.sandbox.database('alice'), ...variables },
      });
    const rows = paste(lost, {}).trim().split('\n');
    // A heading, a rule, and the one thread that alice has worked on since.
    expect(rows).toHaveLength(3);
    const id = /(\S+)$/.exec(rows[2] ?? '')?.[1] ?? '';
    const read = paste(thread.replace('THREAD=…', ''), { THREAD: id });
    expect(read).toContain('## user, ');
    expect(read).toContain('alice-later');
    expect(readFileSync(path.join(folder, kept)).equals(bits)).toBe(true);
    expect(readdirSync(folder).filter((name) => name.startsWith(kept))).toEqual([kept]);
  });

  it('is finished by drain after a reboot, too, which forgets what held them', async () => {
    rmSync(on.at('run/overrides'), { recursive: true });
    await on.supervisor.restart(unitOf('dave'));
    expect(await on.runs('dave')).toBe('0.0.24');
    expect((await on.sandbox.run('probe', 'dave')).exitCode).not.toBe(0);
    const drained = await on.sandbox.run('drain', '--yes', '--set', 'busy.quiet=0s');
    expect(drained.exitCode, drained.stdout + drained.stderr).toBe(0);
    expect(readdirSync(on.at('var/lib/t3-autoupdate/deferred'))).toEqual([]);
    expect(keptOf('dave').some((rows) => rows.includes('dave-later'))).toBe(true);
    await on.expectBefore(before, true);
    expect((await on.sandbox.run('probe')).exitCode).toBe(0);
    const again = await on.rollback();
    expect([again.exitCode, again.stderr]).toEqual([
      2,
      expect.stringMatching(/everybody has 0\.0\.24 already, what operation \d+ has gone back to/),
    ]);
  });

  it('is followed by whatever an admin decides: forward again, and what was given up put back', async () => {
    const rolledBack = on.rollbacks[0] ?? 0;
    const early = await on.sandbox.run('undo', String(rolledBack), 'alice', '--yes');
    expect([early.exitCode, early.stderr]).toEqual([
      3,
      expect.stringMatching(/it has schema 32 .*and t3 0\.0\.24, which is installed, knows 30/),
    ]);
    const bumped = await on.bump('0.0.27', '--set', 'busy.quiet=0s');
    expect(bumped.exitCode, bumped.stdout + bumped.stderr).toBe(0);
    for (const user of ['alice', 'bob']) work(on.sandbox.database(user), `${user}-again`);
    // bob has worked since: his is not undone over his head.
    endWork(on.sandbox.database('alice'), 'alice-again');
    const undone = await on.sandbox.run('undo', String(rolledBack), '--yes', '--set', 'busy.quiet=0s');
    expect(undone.exitCode, undone.stdout + undone.stderr).toBe(4);
    expect(undone.stdout).toMatch(
      /left out: bob: bob has done work since .*restore bob --snapshot prerestore-/,
    );
    expect(dumpWork(on.sandbox.database('alice'))).toBe(done['alice']);
    on.expectTidy();
  });
});
