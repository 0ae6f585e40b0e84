import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layoutOf } from '../../src/sandbox/layout.ts';
import { installPrefix } from '../../src/sandbox/versions.ts';
import { beginTurn, dumpWork } from './databases.ts';
import { Restoring } from './restoring.ts';
import { until } from './sandbox.ts';

/** Restart, drain and the cold backup: who is stopped, who is not, and that whoever was stopped runs again. */

let on: Restoring;
beforeAll(async () => {
  on = await Restoring.create([]);
});
afterAll(() => on.destroy());

const deferral = (user: string) => path.join(layoutOf(on.sandbox.root).deferrals, user);
const pidOf = async (user: string) => (await on.state(user))?.mainPid;
const restart = (...users: string[]) => on.sandbox.run('restart', ...users, '--yes');

describe('a restart', () => {
  it('is a snapshot, a stop, a start and a handshake; an end by 130 is a stop, not a failure', async () => {
    const before = await pidOf('alice');
    const done = await restart('alice');
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    expect(await pidOf('alice')).not.toBe(before);
    expect(dumpWork(on.snapshot(on.snapshotsOf('alice').at(-1) ?? ''))).toBe(dumpWork(on.live()));
    await on.expectWell();
    const { exitCode, stdout } = await on.sandbox.run('status', 'alice');
    expect(exitCode).toBe(0);
    expect(stdout).not.toContain('failed');
  });

  it('is owed to whoever is at work, and not done', async () => {
    const before = await pidOf('bob');
    const refused = await restart('bob');
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stdout + refused.stderr).toMatch(/bob is busy: a turn is in flight/);
    expect(await pidOf('bob')).toBe(before);
    expect(readFileSync(deferral('bob'), 'utf8').trim()).toBe('0.0.24');
    expect(await on.state('bob')).toMatchObject({ load: 'loaded' });
    rmSync(deferral('bob'));
  });

  it('is owed, too, when a turn begins between the plan and the stop', async () => {
    const before = await pidOf('alice');
    const { operation } = await on.sandbox.json<{ operation: { id: number } }>(
      'restart',
      'alice',
      '--yes',
      '--detach',
    );
    const goOn = await on.sandbox.holdRunner(operation.id);
    const end = beginTurn(on.live());
    goOn();
    const followed = await on.sandbox.run('operations', String(operation.id), '--follow');
    end();
    expect(followed.exitCode).not.toBe(0);
    expect(followed.stdout).toContain('alice is busy: a turn is in flight');
    expect(await pidOf('alice')).toBe(before);
    expect(existsSync(deferral('alice'))).toBe(true);
    await on.expectWell();
    rmSync(deferral('alice'));
  });

  it('after which nobody can pair says what changed, and how to put back what was there', async () => {
    // Somebody has migrated it under the running server with a newer t3.
    const newer = installPrefix(layoutOf(on.sandbox.root), '0.0.27');
    await execa(newer, [
      'auth',
      'pairing',
      'list',
      '--base-dir',
      path.join(on.sandbox.root, 'home/alice/.t3'),
    ]);
    const broken = await restart('alice');
    expect(broken.exitCode).not.toBe(0);
    const words = broken.stdout + broken.stderr;
    expect(words).toContain('changed by the restart: ');
    expect(words).toContain(
      `t3-cockpit restore alice --snapshot ${on.snapshotsOf('alice').at(-1) ?? 'none'}`,
    );
    expect(await on.state()).toMatchObject({ active: 'active', load: 'loaded' });
    // What is offered works, with a snapshot from before.
    const good = on.snapshotsOf('alice')[0] ?? '';
    const restored = await on.restore('alice', good);
    expect(restored.exitCode, restored.stdout + restored.stderr).toBe(0);
    await on.expectWell();
  });

  it.each([
    [['nobody'], 2, /no user nobody/],
    [['carol', '--dry-run'], 0, /carol/],
  ])('of %j', async (args, code, words) => {
    const run = await on.sandbox.run('restart', ...args);
    expect(run.exitCode, run.stderr).toBe(code);
    expect(run.stdout + run.stderr).toMatch(words);
  });

  it('wants a yes', async () => {
    const before = await pidOf('alice');
    expect((await on.sandbox.run('restart', 'alice')).exitCode).toBe(3);
    expect(await pidOf('alice')).toBe(before);
  });
});

describe('a drain', () => {
  it('restarts those to whom one is owed and who are idle, and forgets what was owed to them', async () => {
    expect((await restart('alice')).exitCode).toBe(0);
    mkdirSync(path.dirname(deferral('alice')), { recursive: true });
    for (const user of ['alice', 'bob']) writeFileSync(deferral(user), '0.0.24\n');
    const before = { alice: await pidOf('alice'), bob: await pidOf('bob') };
    const done = await on.sandbox.run('drain', '--yes');
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    expect(done.stdout).toMatch(/left out: bob: busy: a turn is in flight/);
    expect(await pidOf('alice')).not.toBe(before.alice);
    expect(await pidOf('bob')).toBe(before.bob);
    expect(existsSync(deferral('alice'))).toBe(false);
    expect(existsSync(deferral('bob'))).toBe(true);
    await on.expectWell();
    // Nothing is left that could be done now: that is said, and is no failure.
    const again = await on.sandbox.run('drain', '--yes');
    expect(again.exitCode).toBe(0);
    expect(again.stdout).toContain('nobody can be restarted now');
    rmSync(deferral('bob'));
    expect((await on.sandbox.run('drain', '--yes')).stdout).toContain('no restart is owed to anybody');
  });
});

describe('a cold backup', () => {
  it('stops, folds, copies and starts again', async () => {
    const before = await pidOf('alice');
    const done = await on.sandbox.run('backup', '--cold', 'alice', '--yes');
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    expect(await pidOf('alice')).not.toBe(before);
    const file = on.snapshotsOf('alice').at(-1) ?? '';
    expect(dumpWork(on.snapshot(file))).toBe(dumpWork(on.live()));
    const { snapshots } = await on.sandbox.json<{ snapshots: { file: string; standing: string }[] }>(
      'snapshots',
      'alice',
    );
    expect(snapshots.find((each) => each.file.endsWith(file))?.standing).toBe('verified');
    await on.expectWell();
  });

  it('starts the server again when the copy cannot be made', async () => {
    const folder = on.sandbox.snapshots('alice');
    renameSync(folder, `${folder}.away`);
    writeFileSync(folder, 'in the way');
    try {
      const failed = await on.sandbox.run('backup', '--cold', 'alice', '--yes');
      expect(failed.exitCode).not.toBe(0);
      await on.expectWell();
    } finally {
      rmSync(folder);
      renameSync(`${folder}.away`, folder);
    }
  });

  it('leaves off what was off', async () => {
    const done = await on.sandbox.run('backup', '--cold', 'carol', '--yes');
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    expect(await on.state('carol')).toMatchObject({ active: 'inactive', load: 'loaded' });
    // Also what somebody has stopped, which systemd calls failed.
    const unit = 't3-serve@carol.service';
    await on.supervisor.start(unit);
    await until('it can be asked to stop', async () =>
      (await on.sandbox.run('logs', 'carol')).stdout.includes('T3 Code server is ready') ? true : undefined,
    );
    await on.supervisor.stop(unit);
    expect(await on.state('carol')).toMatchObject({ active: 'failed', exitStatus: 130 });
    const again = await on.sandbox.run('backup', '--cold', 'carol', '--yes');
    expect(again.exitCode, again.stdout + again.stderr).toBe(0);
    expect(await on.state('carol')).toMatchObject({ active: 'inactive', load: 'loaded' });
  });

  it('does not stop whoever is at work', async () => {
    const before = await pidOf('bob');
    const refused = await on.sandbox.run('backup', '--cold', 'bob', '--yes');
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stdout).toContain('bob is busy');
    expect(await pidOf('bob')).toBe(before);
  });
});
