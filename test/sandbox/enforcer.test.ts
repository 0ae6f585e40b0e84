import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { beginTurn } from './databases.ts';
import { Bumping, type Standing } from './bumping.ts';
import { all } from './faults/sample.ts';
import { until } from './sandbox.ts';

/** Strategy enforcer: the host's own script installs and restarts, and the cockpit answers for what it made of it. */

let on: Bumping;
beforeAll(async () => {
  on = await Bumping.create(4, { jobs: 'off' });
});
afterAll(() => on.destroy());

const undo: (() => void)[] = [];
afterEach(() => {
  for (const each of undo.splice(0)) each();
});

const service = 't3-autoupdate.service';
const bump = (version: string, ...flags: string[]) =>
  on.bump(version, ...flags, '--set', 'bump.strategy=enforcer');
const begin = (version: string, ...flags: string[]) =>
  on.begin(version, ...flags, '--set', 'bump.strategy=enforcer');
const follow = (id: number) => on.sandbox.run('operations', String(id), '--follow');
const trouble = (what: object) => {
  const file = on.at('job-troubles.json');
  writeFileSync(file, JSON.stringify(what));
  undo.push(() => rmSync(file, { force: true }));
};
/** npm takes the old package away before it has the new one. */
const installed = () => {
  const file = on.at('usr/lib/node_modules/t3/package.json');
  return existsSync(file) && readFileSync(file, 'utf8').includes('"0.0.27"');
};
const jobState = async () => (await on.supervisor.show([service])).get(service);

/** And nothing of the host's script is left, either. */
async function expectBefore(before: Standing, frozen = true): Promise<void> {
  await on.expectBefore(before, frozen);
  expect((await jobState())?.active).toBe('inactive');
}

describe('a bump by the host’s own script', () => {
  it('is refused while somebody is at work, and the script would not see it', async () => {
    const before = await on.standing();
    const end = beginTurn(on.sandbox.database('dave'));
    const done = await bump('0.0.27');
    end();
    expect(done.exitCode, done.stdout).toBe(3);
    expect(done.stdout).toMatch(/dave is busy: a turn is in flight; the host’s script would not see that/);
    expect((await jobState())?.since).toBe(undefined);
    await on.expectBefore(
      {
        ...before,
        users: { ...before.users, dave: (await on.standing()).users['dave'] } as Standing['users'],
      },
      false,
    );
  });
});

describe('a version', () => {
  it('that the script refuses is taken back by it, and the pins by the cockpit', async () => {
    const before = await on.standing();
    // It passes the gate, and not the script’s own check.
    trouble({ sick: true });
    const done = await bump('0.0.27');
    expect(done.exitCode, done.stdout).toBe(1);
    expect(done.stdout).toMatch(
      /operation rolled back: t3-autoupdate\.service failed \(exit-code\): HEALTH-CHECK FAILED for t3@0\.0\.27: no cookie .*; everything is as it was before/,
    );
    // Its lines were told as they came.
    expect(done.stdout).toMatch(/installing t3@0\.0\.27 \(was 0\.0\.24\)[^]*rolled back to 0\.0\.24/);
    await expectBefore(before);
  });

  it.runIf(all)('that the script cannot take back is taken back without it', async () => {
    const before = await on.standing();
    trouble({ sick: true, cannotGoBack: true });
    const done = await bump('0.0.27');
    expect(done.exitCode, done.stdout).toBe(1);
    expect(done.stdout).toMatch(/ROLLBACK FAILED: npm has no network[^]*everything is as it was before/);
    await expectBefore(before);
  });

  it('in the middle of which the script hangs is taken back from whom it has moved', async () => {
    const before = await on.standing();
    trouble({ hang: 'after the first restart' });
    const done = await bump('0.0.27', '--set', 'bump.enforcer.timeout=7s');
    expect(done.exitCode, done.stdout).toBe(1);
    expect(done.stdout).toMatch(
      /operation rolled back: t3-autoupdate\.service did not end within 7s?.*, and was stopped; everything is as it was/,
    );
    expect(done.stdout).toMatch(/restarted t3-serve@alice\.service -> 0\.0\.27/);
    await expectBefore(before);
    expect(on.sandbox.filesOf('alice').some((name) => name.startsWith('prerestore-0.0.27-'))).toBe(true);
    expect((await on.sandbox.run('probe', 'alice')).exitCode).toBe(0);
  });

  it('that cannot be taken back from somebody leaves them on it, running, until they can be', async () => {
    const before = await on.standing();
    trouble({ hang: 'after the first restart' });
    const database = openSync(on.sandbox.database('alice'), 'r');
    const holder = spawn('sleep', ['infinity'], { stdio: [database, 'ignore', 'ignore'] });
    closeSync(database);
    const done = await bump('0.0.27', '--set', 'bump.enforcer.timeout=7s', '--set', 'limits.visit=1s');
    const { alice } = (await on.standing()).users;
    holder.kill('SIGKILL');
    expect(done.exitCode, done.stdout).toBe(1);
    expect(done.stdout).toMatch(
      /not as before: alice: it stays on 0\.0\.27 for now, and drain takes it back .*the database is open in process/,
    );
    expect(alice).toMatchObject({ runs: '0.0.27', schema: 32, unit: 'active loaded' });
    const drained = await on.sandbox.run('--set', 'busy.quiet=0s', '--yes', 'drain');
    expect(drained.exitCode, drained.stdout + drained.stderr).toBe(0);
    await expectBefore(before);
  });

  it.runIf(all)('in the middle of which the script is killed, as well', async () => {
    const before = await on.standing();
    trouble({ hang: 'after install' });
    const id = await begin('0.0.27');
    await until('it has installed', () => (installed() ? true : undefined));
    process.kill((await jobState())?.mainPid ?? 0, 'SIGKILL');
    expect((await follow(id)).stdout).toMatch(
      /operation rolled back: t3-autoupdate\.service failed \(signal\)/,
    );
    await expectBefore(before);
  });

  it('in the middle of which the runner dies is waited for, and taken back when that is decided', async () => {
    const before = await on.standing();
    trouble({ hang: 'after the first restart' });
    const id = await begin('0.0.27', '--set', 'bump.enforcer.timeout=4s');
    await until('alice is moved', async () => ((await on.runs('alice')) === '0.0.27' ? true : undefined));
    process.kill(await on.sandbox.runner(id), 'SIGKILL');
    await until('it is found cut off', async () =>
      (await on.sandbox.run('backup', 'alice')).exitCode === 5 ? true : undefined,
    );
    expect((await jobState())?.active).toBe('activating');
    const back = await on.sandbox.run('operations', 'rollback', String(id), '--yes');
    expect(back.exitCode, back.stdout + back.stderr).toBe(0);
    expect(on.outcome(id).outcome).toBe('interrupted');
    expect((await on.standing()).frozen).toBe(false);
    writeFileSync(on.at('etc/t3-autoupdate.freeze'), '');
    await expectBefore(before);
  });

  it.runIf(all)(
    'in the middle of which the runner dies is taken to its end when that is decided',
    async () => {
      const before = await on.standing();
      const id = await begin('0.0.27');
      await until('the script runs', async () =>
        (await jobState())?.active === 'activating' ? true : undefined,
      );
      process.kill(await on.sandbox.runner(id), 'SIGKILL');
      await until('it is found cut off', async () =>
        (await on.sandbox.run('backup', 'alice')).exitCode === 5 ? true : undefined,
      );
      const resumed = await on.sandbox.run('operations', 'resume', String(id), '--yes');
      expect(resumed.exitCode, resumed.stdout + resumed.stderr).toBe(0);
      expect(on.outcome(id)).toMatchObject({
        outcome: 'succeeded',
        reason: expect.stringMatching(/owed to bob/),
      });
      expect([await on.runs('alice'), await on.runs('dave')]).toEqual(['0.0.27', '0.0.27']);
      await on.reset(before);
    },
  );

  it.runIf(all)(
    'that fails for one user after the script has ended well is taken back from everybody',
    async () => {
      undo.push(on.setEnvironment('alice', 'T3_STAND_IN_REFUSES=1'));
      const before = await on.standing();
      const done = await bump('0.0.31');
      expect(done.exitCode, done.stdout).toBe(1);
      expect(done.stdout).toMatch(
        /operation rolled back: alice: direct: broken at exchange: .*everything is as it was/,
      );
      await expectBefore(before);
      for (const user of ['alice', 'dave'])
        expect(on.sandbox.filesOf(user).some((name) => name.startsWith('prerestore-0.0.31-'))).toBe(true);
    },
  );
});

describe('in the middle of a rollout', () => {
  it('a pin that somebody edits stays, and nothing is moved', async () => {
    const before = await on.standing();
    const [file = ''] = on.pinFiles;
    const id = await on.begin('0.0.32');
    await until('it is being judged', () =>
      on.states(id)['candidate/empty'] === 'started' ? true : undefined,
    );
    const text = readFileSync(file, 'utf8');
    undo.push(() => writeFileSync(file, text));
    writeFileSync(file, text.replace('0.0.24', '0.0.25'));
    const done = await follow(id);
    expect(done.exitCode, done.stdout).toBe(3);
    expect(done.stdout).toMatch(/0\.0\.25/);
    expect(readFileSync(file, 'utf8')).toContain('0.0.25');
    writeFileSync(file, text);
    await on.expectBefore(before, false);
  });

  it('the host’s updater changes nothing; one that heeds no freeze is waited for, and whom it has moved is verified', async () => {
    const before = await on.standing();
    const id = await on.begin('0.0.27');
    await until('dave is moved', () => (on.states(id)['dave/start'] === 'succeeded' ? true : undefined));
    const freeze = on.at('etc/t3-autoupdate.freeze');
    expect(readFileSync(freeze, 'utf8')).toContain(`operation ${id} moves versions: bump to 0.0.27`);
    rmSync(freeze);
    const updater = on.supervisor.start(service);
    const done = await follow(id);
    await updater;
    expect(done.exitCode, done.stdout).toBe(0);
    expect(on.outcome(id)).toMatchObject({
      outcome: 'succeeded',
      reason: expect.stringMatching(/owed to bob/),
    });
    expect([await on.runs('dave'), await on.runs('alice'), await on.runs('bob')]).toEqual([
      '0.0.27',
      '0.0.27',
      '0.0.24',
    ]);
    await on.reset(before);
  });
});

describe('a bump by the host’s own script', () => {
  it('installs, restarts, defers, and is verified', async () => {
    const before = await on.standing();
    const done = await bump('0.0.27');
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    expect(done.stdout).toMatch(
      /installed 0\.0\.27; restarted t3-serve@alice, t3-serve@dave; deferred t3-serve@bob/,
    );
    expect(on.outcome(on.sandbox.newestOperation()).reason).toMatch(/a restart is owed to bob/);
    const now = await on.standing();
    expect(now.users['carol']).toEqual(before.users['carol']);
    for (const user of ['alice', 'dave'])
      expect(now.users[user]).toEqual({ ...before.users[user], runs: '0.0.27', schema: 32 });
    expect(now.users['bob']?.runs).toBe('0.0.24');
    expect(readFileSync(on.at('var/lib/t3-autoupdate/deferred/bob'), 'utf8')).toBe('0.0.27\n');
    for (const text of Object.values(now.pins)) expect(text).toContain('T3_PIN:-0.0.27');
    // As npm has it, for the next time; and what ran before is at hand.
    expect(readlinkSync(on.at('usr/bin/t3'))).toBe('../lib/node_modules/t3/bin/t3');
    expect(lstatSync(on.at('usr/lib/node_modules/t3')).isDirectory()).toBe(true);
    expect(readdirSync(on.at('usr/lib/t3'))).toContain('0.0.24');
    on.expectTidy();
  });
});
