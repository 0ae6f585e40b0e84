import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bumping, unitOf } from './bumping.ts';

/** Versions of users' own: real links, real servers, real page visits. In the order in which an admin would go. */

let on: Bumping;
beforeAll(async () => {
  on = await Bumping.create(5);
});
afterAll(() => on.destroy());

/** What everybody runs, with the schema of their database; whose server is off has none. */
async function running(): Promise<Record<string, string>> {
  const { users } = await on.standing();
  return Object.fromEntries(
    Object.entries(users).map(([user, { runs, schema }]) => [user, `${runs ?? 'off'} ${schema}`]),
  );
}

const choices = () =>
  Object.fromEntries(
    readdirSync(on.at('usr/lib/t3/chosen/users')).map((user) => [
      user,
      /(\d[^/]*)\/bin\/t3$/.exec(readlinkSync(on.at('usr/lib/t3/chosen/users', user)))?.[1],
    ]),
  );

/** As somebody does who knows nothing of all this. */
const installGlobally = (version: string, ...flags: string[]) =>
  execFileSync(
    on.sandbox.loaded().paths.npm,
    [
      'install',
      '--global',
      `--prefix=${on.at('usr')}`,
      `--registry=${on.sandbox.loaded().packageSource}`,
      `--cache=${on.at('somebodys-cache')}`,
      '--no-audit',
      '--no-fund',
      ...flags,
      `t3@${version}`,
    ],
    { encoding: 'utf8', stdio: 'pipe' },
  );

const old = '0.0.24 30';
const fresh = '0.0.27 32';

describe('the launcher', () => {
  it('takes the place of the global t3, and everybody goes on with what they run', async () => {
    expect((await on.sandbox.run('launcher')).stdout).toMatch(/there is none/);
    const some = await on.bump(['0.0.27', 'alice']);
    expect([some.exitCode, some.stderr]).toEqual([
      3,
      expect.stringMatching(/without the launcher all users have one version/),
    ]);
    const done = await on.sandbox.run('launcher', 'install');
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    expect(lstatSync(on.at('usr/bin/t3')).mode & 0o777).toBe(0o755);
    expect(choices()).toEqual({ alice: '0.0.24', bob: '0.0.24', dave: '0.0.24', erin: '0.0.24' });
    expect((await on.sandbox.run('launcher', 'install')).exitCode).toBe(2);
    expect(await on.visit('alice')).toBe(302);
    // A server that starts through it runs what it ran.
    await on.supervisor.stop(unitOf('erin'));
    await on.supervisor.start(unitOf('erin'));
    expect(await running()).toEqual({ alice: old, bob: old, carol: 'off 30', dave: old, erin: old });
  });

  it('lets some have a version, for days, while nothing changes for the others', async () => {
    const pins = on.pinFiles.map((file) => readFileSync(file, 'utf8'));
    const done = await on.bump(['0.0.27', 'erin']);
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    expect(await running()).toEqual({ alice: old, bob: old, carol: 'off 30', dave: old, erin: fresh });
    // Each page visit mints with the visitor's own t3: databases stay what their servers know.
    for (const user of ['alice', 'bob', 'dave', 'erin'])
      expect([user, await on.visit(user)]).toEqual([user, 302]);
    expect(await running()).toEqual({ alice: old, bob: old, carol: 'off 30', dave: old, erin: fresh });
    expect(on.pinFiles.map((file) => readFileSync(file, 'utf8'))).toEqual(pins);
    const status = (await on.sandbox.run('status')).stdout;
    expect(status).toMatch(/erin .*own 0\.0\.27/);
    expect(status).not.toMatch(/≠/);
    expect((await on.sandbox.run('probe', 'alice', 'erin')).exitCode).toBe(0);
  });

  it('takes everybody back to their own versions when one fails', async () => {
    const restore = on.setEnvironment('dave', 'T3_STAND_IN_REFUSES=1');
    const before = { running: await running(), choices: choices() };
    const done = await on.bump('0.0.31');
    restore();
    expect(done.exitCode, done.stdout).toBe(1);
    expect(done.stdout).toMatch(/operation rolled back: dave: /);
    expect(await running()).toEqual(before.running);
    // Who had none of their own has none again.
    expect(choices()).toEqual(before.choices);
    expect((await on.sandbox.run('unfreeze')).exitCode).toBe(0);
  });

  it('is taken on, or back, when the runner dies with a version half moved', async () => {
    const id = await on.begin(['0.0.27', 'alice']);
    await on.killAt(id, 'alice/choose');
    const back = await on.sandbox.run('--yes', 'operations', 'rollback', String(id));
    expect(back.exitCode, back.stdout + back.stderr).toBe(0);
    expect((await running())['alice']).toBe(old);
    expect(choices()['alice']).toBe('0.0.24');
  });

  it('closes the skew window: whom a bump puts off is minted for with what they run', async () => {
    const done = await on.bump('0.0.27');
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    expect(done.stdout).toMatch(/a restart is owed to bob/);
    expect(await running()).toEqual({
      alice: fresh,
      bob: old,
      carol: 'off 30',
      dave: fresh,
      erin: fresh,
    });
    expect(choices()['bob']).toBe('0.0.24');
    expect(await on.visit('bob')).toBe(302);
    expect((await running())['bob']).toBe(old);
    // Restarted by whatever means, it is still the version that its database is of.
    await on.supervisor.stop(unitOf('bob'));
    on.setEnvironment('bob', 'T3_STAND_IN_ACTIVITY=idle');
    await on.supervisor.start(unitOf('bob'));
    expect((await running())['bob']).toBe(old);
    const drained = await on.sandbox.run('--yes', '--set', 'busy.quiet=0s', 'drain');
    expect(drained.exitCode, drained.stdout + drained.stderr).toBe(0);
    expect((await running())['bob']).toBe(fresh);
    expect(choices()['bob']).toBe('0.0.27');
  });

  it('is missed when somebody installs t3 over it, and nothing moves until it is back', async () => {
    expect(() => installGlobally('0.0.24')).toThrow(/EEXIST/);
    expect((await on.sandbox.run('launcher')).exitCode).toBe(0);
    installGlobally('0.0.24', '--force');
    const state = await on.sandbox.run('launcher');
    expect([state.exitCode, state.stdout]).toEqual([1, expect.stringMatching(/REPLACED/)]);
    expect((await on.sandbox.run('status')).stdout).toMatch(/LAUNCHER REPLACED/);
    expect((await on.sandbox.run('doctor')).stdout).toMatch(/something else than the launcher/);
    const refused = await on.bump(['--allow-downgrade', '0.0.24']);
    expect(refused.exitCode, refused.stdout + refused.stderr).not.toBe(0);
    const repaired = await on.sandbox.run('launcher', 'install');
    expect(repaired.exitCode, repaired.stdout + repaired.stderr).toBe(0);
    expect((await on.sandbox.run('launcher')).stdout).toMatch(/in place[^]*alice {2}0\.0\.27/);
    expect(execFileSync(on.at('usr/bin/t3'), ['--version'], { encoding: 'utf8' })).toBe('t3 v0.0.27\n');
  });

  it('goes away again, when all have one version', async () => {
    const done = await on.sandbox.run('launcher', 'remove');
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    expect(readlinkSync(on.at('usr/bin/t3'))).toBe(on.at('usr/lib/t3/0.0.27/bin/t3'));
    expect(readdirSync(on.at('usr/lib/t3'))).not.toContain('chosen');
    expect(await on.visit('alice')).toBe(302);
    on.expectTidy();
  });
});
