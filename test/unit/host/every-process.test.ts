import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ofEveryProcess } from '../../../src/host/every-process.ts';
import { holdersOf } from '../../../src/host/holders.ts';
import { sandboxProcesses, sandboxUnitVariable, systemProcesses } from '../../../src/host/processes.ts';
import { scratch } from '../../scratch.ts';

/** What is asked of every process of the machine: who has a file open, who belongs to a group, who is called what. */

describe('every process', () => {
  it('is looked at once, and others get their turn meanwhile', async () => {
    let turns = 0;
    const count = setInterval(() => (turns += 1), 0);
    const asked: number[] = [];
    // As long as a slow machine takes for each.
    const found = await ofEveryProcess((pid) => {
      asked.push(pid);
      const until = performance.now() + 0.2;
      while (performance.now() < until);
      return pid === process.pid ? 'we' : undefined;
    });
    clearInterval(count);
    expect(found).toEqual(['we']);
    expect(new Set(asked).size).toBe(asked.length);
    if (asked.length > 128) expect(turns).toBeGreaterThan(0);
  });
});

describe('who has a file open', () => {
  it('is found by the file, whatever its name, until it is closed', async () => {
    const file = path.join(scratch(), 'open');
    writeFileSync(file, '');
    const { dev: device, ino: inode } = statSync(file, { bigint: true });
    expect(await holdersOf([{ device, inode }])).toEqual([]);
    const descriptor = openSync(file, 'r');
    expect(await holdersOf([{ device, inode }])).toMatchObject([
      { pid: process.pid, uid: process.getuid?.() },
    ]);
    closeSync(descriptor);
    expect(await holdersOf([{ device, inode }])).toEqual([]);
  });
});

describe('who belongs to a group', () => {
  it('is found by it, while it lives', async () => {
    const child = spawn('sleep', ['60'], {
      detached: true,
      stdio: 'ignore',
      env: { [sandboxUnitVariable]: '/sandbox/x/unit' },
    });
    const pid = child.pid ?? 0;
    await once(child, 'spawn');
    try {
      expect((await systemProcesses.inGroup(pid)).map((each) => each.pid)).toEqual([pid]);
      expect(await sandboxProcesses.inControlGroup('/sandbox/x')).toEqual([pid]);
      expect(await sandboxProcesses.inControlGroup('/sandbox/y')).toEqual([]);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    expect(await systemProcesses.inGroup(pid)).toEqual([]);
  });
});
