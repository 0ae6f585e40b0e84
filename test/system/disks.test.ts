import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../sandbox/sandbox.ts';
import { buildMachine, cockpit, json, sh, unitOf } from './machine.ts';

/** Homes and backup folders on file systems that are full, or read-only. */

beforeAll(buildMachine);

const folder = '/var/backups/t3-state/emo';
const mounted: string[] = [];
async function mount(...options: string[]): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  await sh('mount', '-t', 'tmpfs', ...options, 'tmpfs', folder);
  mounted.push(folder);
  await sh('chown', 'emo:emo', folder);
}
afterEach(async () => {
  for (const each of mounted.splice(0)) await sh('umount', each);
  if (existsSync('/var/tmp/home-of-emo')) {
    rmSync('/var/tmp/home-of-emo', { recursive: true });
    await sh('systemctl', 'reset-failed');
    await sh('systemctl', 'start', unitOf('emo'));
  }
});

describe('a home that is full', () => {
  it('costs its user a restore, in words, and not the server; nothing of it is left, and everybody else is well', async () => {
    await sh('systemctl', 'stop', unitOf('emo'));
    await sh('cp', '--archive', '/home/emo', '/var/tmp/home-of-emo');
    await sh('mount', '-t', 'tmpfs', '-o', 'size=8m,mode=0700', 'tmpfs', '/home/emo');
    mounted.push('/home/emo');
    await sh('chown', 'emo:emo', '/home/emo');
    await sh('runuser', '-u', 'emo', '--', 'true');
    await sh('sh', '-c', 'cp --archive /var/tmp/home-of-emo/. /home/emo');
    await sh('systemctl', 'reset-failed');
    await sh('systemctl', 'start', unitOf('emo'));
    await until('emo’s server', async () =>
      (await json<Status>(['status', 'emo'])).instances[0]?.running.state === 'known' ? true : undefined,
    );
    expect((await cockpit(['backup', 'emo'])).exitCode).toBe(0);
    const pid = await sh('systemctl', 'show', '--value', '--property=MainPID', unitOf('emo'));
    await sh('runuser', '-u', 'emo', '--', 'sh', '-c', 'cat /dev/zero > ~/everything || true');
    const before = readdirSync('/home/emo/.t3/userdata');
    const restored = await cockpit(['--yes', 'restore', 'emo', '--snapshot', 'latest', ...free]);
    expect(restored.exitCode).not.toBe(0);
    expect(restored.stdout + restored.stderr).toMatch(/no space left|too little space/);
    expect(await sh('systemctl', 'show', '--value', '--property=MainPID', unitOf('emo'))).toBe(pid);
    expect(readdirSync('/home/emo/.t3/userdata')).toEqual(before);
    expect(await sh('find', '/home/emo', '!', '-user', 'emo')).toBe('');
    expect((await cockpit(['backup', 'vera'])).exitCode).toBe(0);
    await sh('systemctl', 'stop', unitOf('emo'));
  });
});

interface Status {
  instances: { running: { state: string } }[];
}
/** The guard by the numbers is not what is tried here. */
const free = ['--set', 'snapshots.keepFree=0b'];

interface Backup {
  operation: { outcome: string };
  users: { user: string; outcome: string; reason: string | null }[];
}
const reasonOf = (result: Backup, user: string) => result.users.find((each) => each.user === user);

describe('a backup folder that is', () => {
  it('too small by what is known: refused before anything is written, the others are backed up', async () => {
    await mount('-o', 'size=1m,mode=0700');
    const result = await json<Backup>(['backup']);
    expect(reasonOf(result, 'emo')).toMatchObject({
      outcome: 'refused',
      reason: expect.stringMatching(/too little space on the file system of .*emo/),
    });
    expect(readdirSync(folder)).toEqual([]);
    expect(reasonOf(result, 'vera')?.outcome).toBe('succeeded');
    expect((await cockpit(['backup'])).exitCode).toBe(4);
  });

  it('full in the middle of the copy: failed, in words, and nothing half is left', async () => {
    // Room by the numbers, and none in fact: the tmpfs has inodes for the folder only.
    await mount('-o', 'size=64m,mode=0700,nr_inodes=2');
    const result = await json<Backup>(['backup', 'emo']);
    expect(reasonOf(result, 'emo')).toMatchObject({ outcome: 'failed' });
    expect(reasonOf(result, 'emo')?.reason).toMatch(/no space left|disk is full|unable to open/);
    expect(readdirSync(folder, { recursive: true }).filter((name) => String(name).includes('.'))).toEqual([]);
  });

  it('read-only: failed, in words', async () => {
    await mount('-o', 'size=64m,mode=0700');
    await sh('mount', '-o', 'remount,ro', folder);
    const result = await json<Backup>(['backup', 'emo']);
    expect(reasonOf(result, 'emo')).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining('the file system is read-only'),
    });
    expect((await cockpit(['backup', 'emo'])).exitCode).toBe(1);
    expect((await cockpit(['status', 'emo'])).exitCode).toBe(0);
  });
});
