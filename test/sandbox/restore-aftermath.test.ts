import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdersOf } from '../../src/host/holders.ts';
import { dumpWork } from './databases.ts';
import { FaultBench } from './faults/bench.ts';
import { until } from './sandbox.ts';

/** A restore that a power cut has ended, or that a person takes to its end without this program. */

let bench: FaultBench;
beforeAll(async () => {
  bench = await FaultBench.create();
});
afterAll(() => bench.destroy());

const restore = () => ({
  kind: 'restore' as const,
  user: 'alice',
  snapshot: bench.chosen,
  interruptTurn: true,
});

/** The numbers of the actions after which the runner dies; what they are: restore-deaths.test.ts. */
const [stopped, exchanged] = [4, 7];

describe('after a reboot, which takes the mask away and starts the server on what is there,', () => {
  it.each([
    ['resume', 'chosen'],
    ['rollback', 'old'],
  ] as const)('one that had not replaced anything is taken on by %s', async (way, expected) => {
    const before = await bench.begin();
    const { id } = await bench.run(restore(), { at: stopped, how: 'die after' });
    await bench.reboot(id);
    const decided = await bench.sandbox.run('operations', way, String(id));
    expect(bench.ended(id).operation.state, decided.stdout + decided.stderr).toBe('ended');
    expect(await bench.check(before)).toBe(expected);
  });

  it('one that had is not rolled back like a moment’s attempt; what to do is said, and works', async () => {
    const before = await bench.begin();
    const { id } = await bench.run(restore(), { at: exchanged, how: 'die after' });
    await bench.reboot(id);
    const refused = await bench.sandbox.run('operations', 'rollback', String(id));
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stdout + refused.stderr).toContain(
      `t3-cockpit operations resume ${id}, then t3-cockpit undo ${id}`,
    );
    const resumed = await bench.sandbox.run('operations', 'resume', String(id));
    expect(resumed.exitCode, resumed.stdout + resumed.stderr).toBe(0);
    expect(await bench.check(before)).toBe('chosen');
    const undone = await bench.sandbox.run('undo', String(id), '--yes', '--interrupt-turn');
    expect(undone.exitCode, undone.stdout + undone.stderr).toBe(0);
  });
});

describe('docs/recovering-by-hand.md', () => {
  const commands = (heading: string): string => {
    const text = readFileSync(path.resolve(import.meta.dirname, '../../docs/recovering-by-hand.md'), 'utf8');
    const [, after = ''] = text.split(heading);
    return (/```\n([\s\S]*?)```/.exec(after)?.[1] ?? '').replaceAll(/^ +/gm, '');
  };
  const userdata = () => path.dirname(bench.live);
  const identity = () => {
    const marker = readdirSync(userdata()).find((name) => name.endsWith('.txt')) ?? '';
    return /t3-cockpit-(.*)\.txt$/.exec(marker)?.[1] ?? 'none';
  };
  /** What a person would paste, with the names put in. */
  const paste = (script: string) =>
    execFileSync('sh', ['-euc', script.replaceAll('-ID.', `-${identity()}.`)], { cwd: userdata() });

  /** Its first step: nobody comes by the dispatch, and `fuser` says nothing. */
  const nobodyAtWork = async () => {
    await bench.closeDoor();
    await until('nobody has it open', async () => {
      const { ino: inode, dev: device } = statSync(bench.live, { bigint: true });
      return (await holdersOf([{ inode, device }])).length === 0 ? true : undefined;
    });
  };

  it.each([
    ['**The old one, and `.new` is there:**', stopped, 'old'],
    ['**The old one, and `.new` is gone:**', exchanged, 'old'],
    ['**The new one, and `.new` is there:**', stopped, 'chosen'],
  ] as const)('%s', async (heading, at, expected) => {
    const script = commands(heading);
    expect(script).toContain('rm -f state.sqlite.t3-cockpit-ID.*');
    await bench.begin();
    const old = dumpWork(bench.live);
    const { id } = await bench.run(restore(), { at, how: 'die after' });
    expect(existsSync(path.join(userdata(), `state.sqlite.t3-cockpit-${identity()}.txt`))).toBe(true);
    const live = dumpWork(bench.live);
    await nobodyAtWork();
    paste(script);
    const wanted = path.join(bench.sandbox.snapshots('alice'), bench.chosen);
    const found = dumpWork(bench.live);
    if (expected === 'chosen') expect(found).toBe(dumpWork(wanted));
    // The server wrote until it was stopped: at least what was there before, and not the chosen one.
    else {
      expect(found.length).toBeGreaterThanOrEqual(old.length);
      if (at === stopped) expect(found).toBe(live);
    }
    expect(readdirSync(userdata()).filter((name) => name.includes('t3-cockpit'))).toEqual([]);
    await bench.start();
    expect((await bench.sandbox.run('operations', 'abandon', String(id))).exitCode).toBe(0);
    expect(bench.ended(id).operation.state).toBe('ended');
    expect((await bench.sandbox.run('backup', 'alice')).exitCode).toBe(0);
  });
});
