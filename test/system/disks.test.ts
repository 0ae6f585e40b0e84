import { mkdirSync, readdirSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildMachine, cockpit, json, sh } from './machine.ts';

/** Backup folders on file systems that are full, or read-only. */

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
});

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
