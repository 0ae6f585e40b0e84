import { closeSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { deviceOf, holdersOf } from '../../../src/host/holders.ts';

/** Who has a file open, as the kernel tells it. */

const folder = mkdtempSync(path.join(os.tmpdir(), 't3-cockpit-holders-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the device of what a process has open', () => {
  it.each([
    '/proc/self/mountinfo',
    '/dev/null',
    import.meta.filename,
    '/sys/kernel/uevent_seqnum',
    '/dev/shm',
  ])('is that of stat(2), without a question to its file system: %s', (file) => {
    const descriptor = openSync(file, 'r');
    try {
      expect(deviceOf(process.pid, String(descriptor))).toBe(statSync(file, { bigint: true }).dev);
    } finally {
      closeSync(descriptor);
    }
  });

  it('is not known of what is closed, nor of what no mount has', () => {
    expect(deviceOf(process.pid, '9999')).toBeUndefined();
    expect(deviceOf(2 ** 22 + 1, '0')).toBeUndefined();
  });
});

describe('a file', () => {
  it('is held by whoever has it open, by whatever name, until it is closed', async () => {
    const file = path.join(folder, 'held');
    const descriptor = openSync(file, 'w');
    const { dev: device, ino: inode } = statSync(file, { bigint: true });
    rmSync(file);
    const pids = async () => (await holdersOf([{ device, inode }])).map(({ pid }) => pid);
    expect(await pids()).toContain(process.pid);
    closeSync(descriptor);
    expect(await pids()).not.toContain(process.pid);
  });
});
