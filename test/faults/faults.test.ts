import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootId } from '../../src/host/clock.ts';
import type { Host } from '../../src/host/host.ts';
import { openJournal } from '../../src/journal/journal.ts';
import { listOperations } from '../../src/journal/operations.ts';
import { recordPlace } from '../../src/journal/recorder.ts';
import { recoverCutOff } from '../../src/operations/run/recovery.ts';
import { filesBelow } from '../power/tree.ts';
import { configOf, hostOf, operate, placesIn, scenarios } from '../power/operation.ts';
import { prepare, program, workIn } from '../power/recording.ts';
import { hasStrace } from '../power/trace.ts';
import { randomFrom } from '../power/random.ts';
import { all } from '../sandbox/faults/sample.ts';
import { seed } from '../unit/properties/runs.ts';
import { expectWell, type Standing } from './invariants.ts';
import { faulty, ofTheOwner, type Fault } from './faulty.ts';
import { kernelErrors, tamperedWith } from './kernel.ts';

/**
 * One harness for what works on databases: the real executor, the real processes of the owner, on real files, and one
 * thing that goes wrong. Everything is judged from outside, by content. Faults around servers are in test/sandbox.
 */

const count = {
  kills: 0,
  refusals: 0,
  'full disks': 0,
  'read-only disks': 0,
  'slow disks': 0,
  'errors of the kernel': 0,
  clocks: 0,
  'dead runners': 0,
};
const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 't3-cockpit-faults-')));
const work = path.join(folder, 'work');
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  const total = Object.values(count).reduce((sum, each) => sum + each, 0);
  const each = Object.entries(count).map(([what, number]) => `${number} ${what}`);
  process.stdout.write(`faults, seed ${seed}: ${total}: ${each.join(', ')}\n`);
});

/** How many random rounds each kind of fault has. */
const rounds = (few: number) => (all ? few * 5 : few);

describe.each(scenarios)('a fault in a %s', (scenario) => {
  /** Everything as it is before; by the same paths, because the journal has them in it. */
  const kept = path.join(folder, scenario.replaceAll(' ', '-'));
  let standing: Standing;
  let processes = 0;
  /** The newest operation that the journal knew before. */
  let earlier = 0;

  const reset = () => {
    rmSync(work, { recursive: true, force: true });
    cpSync(kept, work, { recursive: true });
  };

  beforeAll(async () => {
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work);
    const { chosen, doomed } = await prepare(scenario, work);
    cpSync(work, kept, { recursive: true });
    const journal = openJournal(configOf(work).paths.state);
    earlier = listOperations(journal, 1)[0]?.id ?? 0;
    journal.close();
    const before = workIn(filesBelow(work).files, placesIn(work).live, path.join(folder, 'scratch'));
    standing = { scenario, root: work, before, chosen, doomed };
    // How many processes of the owner there are: each is one that something may happen to.
    const counting = (host: Host): Host => ({
      ...host,
      commands: {
        ...host.commands,
        run: (argv, options) => (noted(argv), host.commands.run(argv, options)),
        converse: (argv, options) => (noted(argv), host.commands.converse(argv, options)),
      },
    });
    const noted = (argv: readonly string[]) => {
      if (ofTheOwner(argv)) processes += 1;
    };
    const outcome = await operate(scenario, work, counting);
    expectWell(standing, outcome);
    expect(processes).toBeGreaterThan(0);
  }, 900_000);

  /** One fault, and what must be so after it. */
  async function tried(what: string, fault: Fault): Promise<void> {
    reset();
    let reached = false;
    const words = `T3_COCKPIT_SEED=${seed}: ${scenario}: ${what} at process ${fault.at}`;
    try {
      const outcome = await operate(scenario, work, (host) => faulty(host, fault, () => (reached = true)));
      expect(reached, words).toBe(true);
      expectWell(standing, outcome);
    } catch (error) {
      throw new Error(`${words}: ${String(error)}`, { cause: error });
    }
  }

  it('by a process of the owner that is killed', async () => {
    const random = randomFrom(seed);
    for (let round = 0; round < rounds(2); round += 1)
      for (let at = 0; at < processes; at += 1) {
        await tried('killed', { at, how: { killAfter: 1 + random() * 250 } });
        count.kills += 1;
      }
  }, 900_000);

  it('by an error of the disk, or of rights, before or after it was done', async () => {
    const errors = ['input/output error', 'no permission', 'no space left'];
    for (let at = 0; at < processes; at += 1)
      for (const done of [false, true]) {
        await tried('refused', { at, how: { refuses: errors[at % errors.length] ?? '', done } });
        count.refusals += 1;
      }
  }, 900_000);

  it('by a clock that jumps, and a time zone that changes between two names', async () => {
    const zone = process.env['TZ'];
    try {
      for (const jump of [-400, -1, 1, 400]) {
        reset();
        process.env['TZ'] = jump < 0 ? 'America/New_York' : 'Pacific/Kiritimati';
        let asked = 0;
        const outcome = await operate(scenario, work, (host) => ({
          ...host,
          clock: { ...host.clock, now: () => Date.now() + (asked++ % 2) * jump * 86_400_000 },
        }));
        expectWell(standing, outcome);
        count.clocks += 1;
      }
    } finally {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    }
  }, 900_000);

  it('by a runner that is killed, and what the next one makes of it', async () => {
    const random = randomFrom(seed + 1);
    for (let round = 0; round < rounds(5); round += 1) {
      reset();
      const child = spawn(process.execPath, [program, scenario, work], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      await once(child.stderr, 'data');
      const after = random() * 700;
      await new Promise((resolve) => setTimeout(resolve, after));
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      try {
        expectWell(standing, await recovered());
      } catch (error) {
        throw new Error(
          `T3_COCKPIT_SEED=${seed}: ${scenario}: runner killed after ${after} ms: ${String(error)}`,
          {
            cause: error,
          },
        );
      }
      count['dead runners'] += 1;
    }
  }, 900_000);

  it.runIf(hasStrace)(
    'by a disk that is slow, and by an error of the kernel, of any call',
    async () => {
      const random = randomFrom(seed + 3);
      reset();
      // Twenty times what a good disk takes for it: nothing is given up for that.
      const slow = await tamperedWith({ calls: 'fsync,fdatasync', how: 'delay_exit=100000' }, scenario, work);
      expect(slow).toBe(scenario === 'restore that goes back' ? 'rolled back' : 'succeeded');
      expectWell(standing, slow);
      count['slow disks'] += 1;
      for (let round = 0; round < rounds(1); round += 1) {
        const [call = '', error = ''] = kernelErrors[Math.floor(random() * kernelErrors.length)] ?? [];
        const when = 1 + Math.floor(random() * 12);
        reset();
        try {
          const how = `error=${error}:when=${when}`;
          expectWell(
            standing,
            (await tamperedWith({ calls: call, how }, scenario, work)) || (await recovered()),
          );
        } catch (problem) {
          throw new Error(
            `T3_COCKPIT_SEED=${seed}: ${scenario}: ${call} ${when} fails: ${error}: ${String(problem)}`,
            { cause: problem },
          );
        }
        count['errors of the kernel'] += 1;
      }
    },
    600_000,
  );

  it.runIf(canMount())(
    'by a disk that is full, and one that is read-only from some moment on',
    async () => {
      const mounted = (...args: string[]) => expect(spawnSync('mount', args).status, args.join(' ')).toBe(0);
      const onSmall = async (size: number, what: keyof typeof count, between?: (host: Host) => Host) => {
        reset();
        const aside = path.join(folder, 'aside');
        cpSync(work, aside, { recursive: true });
        mounted('-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', work);
        try {
          cpSync(aside, work, { recursive: true });
          let outcome: string;
          try {
            outcome = await operate(scenario, work, between);
          } catch {
            // The journal itself has no room: then nothing has begun, or the next runner takes it up.
            outcome = 'interrupted';
          }
          spawnSync('mount', ['-o', 'remount,rw,size=64m', work]);
          expectWell(standing, outcome === 'interrupted' ? await recovered() : outcome);
        } finally {
          spawnSync('umount', ['--lazy', work]);
          rmSync(aside, { recursive: true, force: true });
        }
        count[what] += 1;
      };
      const used = [...filesBelow(kept).files.values()].reduce(
        (sum, { length }) => sum + Math.ceil(length / 4096) * 4096,
        0,
      );
      const random = randomFrom(seed + 2);
      for (let round = 0; round < rounds(6); round += 1)
        await onSmall(used + 40_000 + Math.floor(random() * 1_600_000), 'full disks');
      for (let at = 0; at < Math.min(processes, rounds(2)); at += 1)
        await onSmall(64 * 1024 ** 2, 'read-only disks', (host) =>
          // The journal is on it, too, and open: the kernel refuses, and the owner's folder alone becomes so.
          faulty(
            host,
            { at, how: { before: () => void spawnSync('mount', ['-o', 'remount,ro', work]) } },
            () => undefined,
          ),
        );
    },
    600_000,
  );

  /** As the next runner does it: back, where somebody has to decide. */
  async function recovered(): Promise<string> {
    const config = configOf(work);
    const durable = openJournal(config.paths.state);
    const quick = openJournal(config.paths.state, false);
    const host = hostOf(work, config);
    try {
      const [newest] = listOperations(durable, 1);
      // It may have died before there was a word of it.
      if (newest === undefined || newest.id <= earlier) return 'interrupted';
      if (newest.state === 'ended') return newest.outcome ?? '';
      recordPlace(durable, newest.id, { kind: 'group', group: 1, cookie: 'x', boot: bootId() });
      await recoverCutOff({
        host: { ...host, runners: { ...host.runners, lives: () => Promise.resolve(false) } },
        config,
        durable,
        quick,
        decision: { operation: newest.id, way: 'roll back' },
      });
      return listOperations(durable, 1)[0]?.outcome ?? '';
    } finally {
      quick.close();
      durable.close();
      await host.close();
    }
  }
});

/** May this process mount a file system? In most containers, and for whoever is not root, it may not. */
function canMount(): boolean {
  const place = mkdtempSync(path.join(os.tmpdir(), 't3-cockpit-mount-'));
  try {
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place]).status !== 0) return false;
    return spawnSync('umount', [place]).status === 0;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
