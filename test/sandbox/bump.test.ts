import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Bumping, unitOf, type Standing } from './bumping.ts';
import { beginTurn, dumpWork } from './databases.ts';
import { all } from './faults/sample.ts';

/** A version brought to everybody, and everybody brought back: real packages, real databases, real processes. */

let on: Bumping;
beforeAll(async () => {
  on = await Bumping.create(5);
});
afterAll(() => on.destroy());

const undo: (() => void)[] = [];
afterEach(() => {
  for (const each of undo.splice(0)) each();
});

describe('a bump that is refused changes nothing:', () => {
  let before: Standing;
  beforeAll(async () => {
    before = await on.standing();
  });

  it.each<[name: string, version: string, code: number, words: RegExp, flags?: string[]]>([
    ['no version', 'banana', 2, /there is no t3 banana/],
    ['the one that is installed', '0.0.24', 2, /0\.0\.24 is what is installed/],
    ['without a yes', '0.0.27', 3, /--yes/, ['--no-yes']],
    ['in read-only mode', '0.0.27', 3, /read-only mode/, ['--read-only']],
    ['one that cannot speak with the dispatch', '0.0.28', 3, /update it first/],
  ])('%s', async (_, version, code, words, flags = []) => {
    const done = flags.includes('--no-yes')
      ? await on.sandbox.run('bump', version)
      : await on.bump(version, ...flags);
    expect(done.exitCode, done.stdout + done.stderr).toBe(code);
    expect(done.stdout + done.stderr).toMatch(words);
    const { users, ...host } = await on.standing();
    expect(host).toEqual({ binary: before.binary, pins: before.pins, frozen: false });
    for (const user of on.users)
      expect([user, users[user]?.runs, users[user]?.schema]).toEqual([user, before.users[user]?.runs, 30]);
    on.expectTidy();
  });

  const edit = (index: number, change: (text: string) => string) => {
    const file = on.pinFiles[index] ?? '';
    const text = readFileSync(file, 'latin1');
    writeFileSync(file, change(text), 'latin1');
    undo.push(() => writeFileSync(file, text, 'latin1'));
  };
  it.each<[name: string, index: number, change: (text: string) => string, words: RegExp]>([
    [
      'edits that are not committed',
      0,
      (text) => `${text}# a plan of mine\n`,
      /edits that are not committed, besides the pin/,
    ],
    [
      'two pins',
      1,
      (text) => `${text}echo "\${T3_PIN:-0.0.24}"\n`,
      /2 times \$\{T3_PIN:-…\}: which one counts is not clear/,
    ],
    ['no pin', 1, () => '#!/bin/sh\n', /no \$\{T3_PIN:-…\} in it/],
    [
      'another version than the others',
      1,
      (text) => text.replace('0.0.24', '0.0.23'),
      /the pin files disagree: .*--whatever-pinned/,
    ],
    ['no version', 2, (text) => text.replace('0.0.24', 'latest'), /"latest" is no version/],
    ['no file in its place, but a link', 1, () => '', /setup-devvm\.sh.*link/],
  ])('with a pin file that has %s', async (name, index, change, words) => {
    edit(index, change);
    if (name.includes('link')) undo.unshift(on.relink(on.pinFiles[index] ?? ''));
    const done = await on.bump('0.0.27');
    expect(done.exitCode, done.stdout + done.stderr).toBe(3);
    expect(done.stdout + done.stderr).toMatch(words);
    expect((await on.standing()).binary).toBe(before.binary);
  });

  it('while versions are frozen, until they are not', async () => {
    expect((await on.sandbox.run('freeze', 'holiday', 'week')).exitCode).toBe(0);
    const done = await on.bump('0.0.27');
    expect([done.exitCode, done.stdout]).toEqual([3, '']);
    expect(done.stderr).toMatch(/versions are frozen: holiday week; .*t3-cockpit unfreeze/);
    expect(readFileSync(on.at('etc/t3-autoupdate.freeze'), 'utf8')).toBe('holiday week\n');
    expect((await on.sandbox.run('unfreeze')).exitCode).toBe(0);
    expect((await on.standing()).frozen).toBe(false);
  });
});

describe('a version that fails', () => {
  // One that fails for the second of three is what test/system/story.test.ts tells, by keys test/terminal/bumping.test.ts.
  it.each(all ? ['erin', 'dave', 'alice'] : [])(
    'for %s, after it has passed the gate: everybody goes back',
    async (user) => {
      undo.push(on.setEnvironment(user, 'T3_STAND_IN_REFUSES=1'));
      const before = await on.standing();
      const done = await on.bump('0.0.31');
      expect(done.exitCode, done.stdout).toBe(1);
      expect(done.stdout).toMatch(
        new RegExp(
          `operation rolled back: ${user}: direct: broken at exchange: .*; everything is as it was before`,
        ),
      );
      expect(readFileSync(on.at('etc/t3-autoupdate.freeze'), 'utf8')).toMatch(
        /^t3-cockpit: bump to 0\.0\.31 failed \(operation \d+\): /,
      );
      await on.expectBefore(before, true);
      // What was moved and given up is kept, and says of which version it is.
      const moved = ['erin', 'dave', 'alice'].slice(0, ['erin', 'dave', 'alice'].indexOf(user) + 1);
      for (const each of moved)
        expect(
          on.sandbox
            .filesOf(each)
            .some((name) => name.startsWith('prerestore-0.0.31-') && name.endsWith('.sqlite')),
        ).toBe(true);
      expect((await on.sandbox.run('probe', ...moved)).exitCode).toBe(0);
    },
  );

  it('late, while it is watched: everybody goes back', async () => {
    undo.push(on.setEnvironment('dave', 'T3_STAND_IN_CRASH_MS=900'));
    const before = await on.standing();
    const done = await on.bump('0.0.32', '--set', 'bump.soak=3s');
    expect(done.exitCode, done.stdout).toBe(1);
    expect(done.stdout).toMatch(/operation rolled back: dave: /);
    await on.expectBefore(before, true);
  });
});

describe('while the dispatch is down', () => {
  it('nothing is moved: nobody’s way in could be tried', async () => {
    expect((await on.sandbox.run('probe', 'alice')).exitCode).toBe(0);
    await on.supervisor.stop('t3-dispatch.service');
    const before = await on.standing();
    // It has passed the gate already.
    const done = await on.bump('0.0.31');
    await on.supervisor.start('t3-dispatch.service');
    expect(done.exitCode, done.stdout).toBe(3);
    expect(done.stdout).toMatch(/the dispatch at \S+ does not answer .*; start t3-dispatch\.service first/);
    await on.expectBefore(before, false);
  });
});

describe('somebody who is at work when everybody goes back', () => {
  it.runIf(all)(
    'is not cut off, stays on the version that knows the database, and goes back later',
    async () => {
      undo.push(on.setEnvironment('alice', 'T3_STAND_IN_REFUSES=1'));
      const before = await on.standing();
      const id = await on.begin('0.0.31', '--set', 'bump.soak=1500ms');
      // erin was moved; she begins to work while the others are.
      await expect
        .poll(() => on.states(id)['erin/settle'], { timeout: 120_000, interval: 5 })
        .toBe('succeeded');
      const endTurn = beginTurn(on.sandbox.database('erin'));
      const done = await on.sandbox.run('operations', String(id), '--follow');
      expect(done.exitCode, done.stdout).toBe(1);
      expect(on.outcome(id).outcome).toBe('failed');
      expect(on.outcome(id).reason).toMatch(
        /not as before: erin: it stays on 0\.0\.31 for now, and drain takes it back when it is idle: .*erin is busy: a turn is in flight/,
      );
      const { users, ...host } = await on.standing();
      expect(host).toEqual({ binary: before.binary, pins: before.pins, frozen: true });
      for (const user of ['alice', 'carol', 'dave']) expect(users[user]).toEqual(before.users[user]);
      expect([users['erin']?.runs, users['erin']?.schema]).toEqual(['0.0.31', 32]);
      expect(readFileSync(on.at('var/lib/t3-autoupdate/deferred/erin'), 'utf8')).toBe('0.0.24\n');

      // Her server crashes: it comes back as what knows her database.
      const state = (await on.supervisor.show([unitOf('erin')])).get(unitOf('erin'));
      process.kill(state?.mainPid ?? 0, 'SIGKILL');
      await expect
        .poll(async () => (await on.supervisor.show([unitOf('erin')])).get(unitOf('erin'))?.restarts, {
          timeout: 60_000,
        })
        .toBeGreaterThan(state?.restarts ?? 0);
      expect(await on.runs('erin')).toBe('0.0.31');
      expect((await on.sandbox.run('drain', '--yes')).exitCode).not.toBe(1);
      expect(await on.runs('erin')).toBe('0.0.31');

      endTurn();
      const drained = await on.sandbox.run('drain', '--yes');
      expect(drained.exitCode, drained.stdout + drained.stderr).toBe(0);
      expect((await on.standing()).users['erin']).toEqual(before.users['erin']);
      expect(on.sandbox.filesOf('erin').some((name) => name.startsWith('prerestore-0.0.31-'))).toBe(true);
      await on.expectBefore(before, true);
      expect((await on.sandbox.run('probe', 'erin')).exitCode).toBe(0);
      // As it is defined again: nothing holds it any more.
      await on.supervisor.restart(unitOf('erin'));
      expect(await on.runs('erin')).toBe('0.0.24');
    },
    600_000,
  );
});

describe('a bump that is asked to stop', () => {
  it('moves whom it has begun with, and owes the others a restart; what the scripts cannot be told keeps nothing frozen', async () => {
    const before = await on.standing();
    const lastGood = on.at('var/lib/t3-autoupdate/last-good');
    mkdirSync(lastGood, { recursive: true });
    const id = await on.begin('0.0.27', '--set', 'bump.soak=2s');
    await expect.poll(() => on.states(id)['erin/start'], { timeout: 120_000, interval: 5 }).toBe('succeeded');
    const asked = await on.sandbox.run('operations', String(id), '--stop');
    expect(asked.stdout + asked.stderr).toMatch(
      /who is being moved is moved to the end, and the others are owed a restart/,
    );
    expect((await on.sandbox.run('operations', String(id), '--follow')).exitCode).toBe(130);
    expect(on.outcome(id)).toMatchObject({
      outcome: 'interrupted',
      reason: expect.stringMatching(/owed to dave, alice, bob: .*; not done: tell the host’s .*last-good/),
    });
    expect(existsSync(on.at('etc/t3-autoupdate.freeze'))).toBe(false);
    rmSync(lastGood, { recursive: true });
    const { users } = await on.standing();
    const runs = ['erin', 'dave', 'alice'].map((user) => users[user]?.runs);
    expect(runs).toEqual(['0.0.27', '0.0.24', '0.0.24']);
    await on.reset(before);
  });
});

describe('the skew window', () => {
  it('a user whom a page visit has migrated meanwhile gets the database back that was saved first', async () => {
    undo.push(on.setEnvironment('erin', 'T3_STAND_IN_REFUSES=1'));
    const before = await on.standing();
    const id = await on.begin('0.0.31', '--set', 'bump.soak=2s');
    // erin is the first one; alice comes last, and runs the old version while the new one is the global binary.
    const journal = () => on.states(id)['install'] === 'succeeded';
    await expect.poll(journal, { timeout: 120_000, interval: 5 }).toBe(true);
    await on.visit('alice');
    const done = await on.sandbox.run('operations', String(id), '--follow');
    expect(on.outcome(id), done.stdout).toMatchObject({ outcome: 'rolled back' });
    await on.expectBefore(before, true);
    expect((await on.sandbox.run('probe', 'alice')).exitCode).toBe(0);
  });
});

describe('a bump', () => {
  it('does what its plan says, and nothing else', async () => {
    const { plan } = await on.sandbox.json<{
      plan: {
        consent: { word: string };
        lanes: { phase: string; user: string | null; steps: { kind: string }[] }[];
      };
    }>('--dry-run', 'bump', 'latest');
    expect(plan.consent.word).toBe('0.0.27');
    // The least risky first: who was idle longest; who is busy last.
    expect(plan.lanes.filter(({ phase }) => phase === 'users').map(({ user }) => user)).toEqual([
      'carol',
      'erin',
      'dave',
      'alice',
      'bob',
    ]);
    const before = await on.standing();
    // alice has worked within two hours: too busy, today.
    const done = await on.bump('latest', '--set', 'busy.quiet=2h');
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    const id = on.sandbox.newestOperation();
    expect(on.outcome(id).reason).toBe('a restart is owed to alice, bob: drain does it when they are idle');
    const now = await on.standing();
    for (const user of ['dave', 'erin']) {
      expect([user, now.users[user]?.runs, now.users[user]?.schema]).toEqual([user, '0.0.27', 32]);
      expect(now.users[user]?.work).toBe(before.users[user]?.work);
      expect(
        on.sandbox
          .filesOf(user)
          .filter((name) => name.startsWith('prebump-0.0.24-') && name.endsWith('.sqlite')),
      ).not.toEqual([]);
      expect(
        readdirSync(on.sandbox.backups(user)).some((name) => name.startsWith('state-prebump-0.0.24-')),
      ).toBe(true);
    }
    // Off before, and off now; and nobody has touched it.
    expect(now.users['carol']).toEqual(before.users['carol']);
    for (const user of ['alice', 'bob'])
      expect([now.users[user]?.runs, now.users[user]?.schema]).toEqual(['0.0.24', 30]);
    expect(now.users['alice']).toEqual(before.users['alice']);
    expect(readFileSync(on.at('var/lib/t3-autoupdate/deferred/bob'), 'utf8')).toBe('0.0.27\n');
    expect(readFileSync(on.at('var/lib/t3-autoupdate/last-good'), 'utf8')).toBe('0.0.27\n');
    expect(now.binary).toBe(on.at('usr/lib/t3/0.0.27/bin/t3'));
    for (const [file, text] of Object.entries(before.pins))
      expect(now.pins[file]).toBe(text.replace('0.0.24', '0.0.27'));
    const changed = execFileSync('git', ['-C', on.at('home/admin/code/infra'), 'diff', '--numstat'], {
      encoding: 'utf8',
    });
    expect(
      changed
        .trim()
        .split('\n')
        .map((line) => line.split('\t').slice(0, 2)),
    ).toEqual([
      ['1', '1'],
      ['1', '1'],
    ]);
    on.expectTidy();
  });

  it('leaves whoever was busy to drain, which copies the database before it moves', async () => {
    const refused = await on.bump('0.0.32');
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toMatch(
      /alice runs 0\.0\.24, not 0\.0\.27, which is installed: drain, or restart alice, first/,
    );
    const before = await on.standing();
    const done = await on.sandbox.run('drain', '--yes');
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    const { users } = await on.standing();
    expect(users['alice']).toEqual({ ...before.users['alice'], runs: '0.0.27', schema: 32 });
    expect(users['bob']).toEqual(before.users['bob']);
    const [copy = ''] = on.sandbox
      .snapshotsOf('alice')
      .filter((name) => name.startsWith('prebump-0.0.24-'))
      .slice(-1);
    expect(dumpWork(`${on.sandbox.snapshots('alice')}/${copy}`)).toBe(before.users['alice']?.work);
    expect(readdirSync(on.at('var/lib/t3-autoupdate/deferred'))).toEqual(['bob']);
    on.expectTidy();
  });

  it('to an older version is refused', async () => {
    const done = await on.bump('0.0.24');
    expect(done.exitCode).toBe(3);
    expect(done.stderr).toMatch(/0\.0\.24 is older than 0\.0\.27/);
  });
});
