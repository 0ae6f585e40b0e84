import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addMessage, dumpWork, messagesIn } from './databases.ts';
import { Restoring, unitOf } from './restoring.ts';
import { until } from './sandbox.ts';

/** Restores that meet a server which does not stop, and all kinds of bad input. */

let on: Restoring;
let chosen: string;
beforeAll(async () => {
  on = await Restoring.create();
  chosen = on.snapshotsOf('alice')[0] ?? '';
});
afterAll(() => on.destroy());

const fresh = () => `message-${Math.random()}`;

describe('a server that does not stop', () => {
  it('is killed by its supervisor after its time, and the restore goes on', async () => {
    const reset = on.setEnvironment('alice', 'T3_STAND_IN_STOP=ignored');
    try {
      await on.supervisor.restart(unitOf('alice'));
      await on.sandbox.run('status', 'alice');
      reset();
      addMessage(on.live(), fresh());
      const done = await on.restore('alice', chosen);
      expect(done.exitCode, done.stdout + done.stderr).toBe(0);
      expect(dumpWork(on.live())).toBe(dumpWork(on.snapshot(chosen)));
      await on.expectWell();
    } finally {
      reset();
    }
  });

  it('within our patience is left running, with its database as it was', async () => {
    const reset = on.setEnvironment('alice', 'T3_STAND_IN_STOP=ignored');
    try {
      await on.supervisor.restart(unitOf('alice'));
      reset();
      const message = fresh();
      addMessage(on.live(), message);
      const failed = await on.restore('alice', chosen, '--set', 'limits.stopTimeout=1s');
      expect(failed.exitCode).not.toBe(0);
      expect(messagesIn(on.live())).toContain(message);
      // It is on its way down, and up again after that.
      await until(
        'its server',
        async () => ((await on.state())?.sub === 'running' ? true : undefined),
        90_000,
      );
      await on.expectWell();
    } finally {
      reset();
    }
  });
});

describe('bad input:', () => {
  it.each([
    ['an unknown user', ['mallory', 'latest'], 2, /no user mallory/],
    ['a name with slashes', ['alice', '../../bob/cockpit/x.sqlite'], 2, /no such snapshot|no snapshot/],
    ['an absolute path', ['alice', '/etc/passwd'], 2, /no such snapshot|no snapshot/],
    ['a name that is none', ['alice', 'yesterday'], 2, /yesterday/],
    ['no prebump where there is none', ['carol', 'prebump'], 3, /no prebump snapshot/],
  ])('%s', async (_, [user = '', file = ''], code, words) => {
    const refused = await on.restore(user, file);
    expect(refused.exitCode, refused.stderr).toBe(code);
    expect(refused.stderr).toMatch(words);
    await on.expectWell();
  });

  it('a snapshot of somebody else', async () => {
    const other = on.snapshotsOf('bob')[0] ?? '';
    const refused = await on.restore('alice', other);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain(`${other} is a snapshot of bob, not of alice`);
  });

  it('a truncated one', async () => {
    const file = path.join(on.sandbox.backups('alice'), 'state-20260202-033000.sqlite');
    copyFileSync(on.snapshot(chosen), file);
    truncateSync(file, 40_000);
    const before = dumpWork(on.live());
    const failed = await on.restore('alice', path.basename(file));
    expect(failed.exitCode).toBe(1);
    expect(failed.stdout).toMatch(/malformed|integrity|not whole|truncated/);
    expect(dumpWork(on.live())).toBe(before);
    await on.expectWell();
    const again = await on.restore('alice', path.basename(file));
    expect(again.exitCode).toBe(3);
    expect(again.stderr).toContain('cannot be restored');
    rmSync(file);
  });

  it('one that is a link', async () => {
    const file = path.join(on.sandbox.backups('alice'), 'state-20260203-033000.sqlite');
    symlinkSync(on.snapshot(chosen), file);
    const refused = await on.restore('alice', path.basename(file));
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('there is no snapshot state-20260203-033000.sqlite');
    rmSync(file);
  });

  it('one that has become a link since it was verified', async () => {
    const { exitCode } = await on.sandbox.run('backup', 'alice');
    expect(exitCode).toBe(0);
    const file = on.snapshotsOf('alice').at(-1) ?? '';
    renameSync(on.snapshot(file), `${on.snapshot(file)}.real`);
    symlinkSync(`${on.snapshot(file)}.real`, on.snapshot(file));
    const refused = await on.restore('alice', file);
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toContain('cannot be restored: it is gone');
    rmSync(on.snapshot(file));
    rmSync(`${on.snapshot(file)}.real`);
  });

  it('a user whose home has vanished', async () => {
    const home = path.join(on.sandbox.root, 'home/carol');
    renameSync(home, `${home}.gone`);
    try {
      const refused = await on.restore('carol', on.snapshotsOf('carol')[0] ?? '');
      expect(refused.exitCode, refused.stdout).not.toBe(0);
      expect(existsSync(home)).toBe(false);
      expect(await on.state('carol')).toMatchObject({ load: 'loaded' });
    } finally {
      renameSync(`${home}.gone`, home);
    }
  });

  it('a folder in the way of what is laid beside the database', async () => {
    // Names beside the database are of one operation alone: nobody can guess them. What is there stays.
    const other = `${on.live()}.t3-cockpit-deadbeef.new`;
    mkdirSync(other);
    const done = await on.restore('alice', chosen);
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    expect(existsSync(other)).toBe(true);
    rmSync(other, { recursive: true });
    await on.expectWell();
  });
});
