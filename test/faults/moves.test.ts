import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../src/host/host.ts';
import { takeHostLock } from '../../src/host/lock.ts';
import { lockPath } from '../../src/journal/journal.ts';
import { filesBelow, layOut, type Tree } from '../power/tree.ts';
import { move, moves, placesOf, prepareMove } from '../power/move.ts';
import { MoveAftermath, recovered } from '../power/move-aftermath.ts';
import { randomFrom } from '../power/random.ts';
import { program } from '../power/recording.ts';
import { hasStrace } from '../power/trace.ts';
import { all } from '../sandbox/faults/sample.ts';
import { until } from '../sandbox/sandbox.ts';
import { seed } from '../unit/properties/runs.ts';
import { faulty, type Fault } from './faulty.ts';
import { kernelErrors, tamperedWith } from './kernel.ts';

/**
 * One thing that goes wrong while versions move: with a process that edits, fetches or says its version, with a call to the
 * kernel, with the runner. Every file is old or new, all of them are of one version, or it is said that they are not.
 */

const count = { kills: 0, refusals: 0, 'errors of the kernel': 0, 'dead runners': 0, 'children left': 0 };
const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 't3-cockpit-faults-')));
const root = path.join(folder, 'work');
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  const total = Object.values(count).reduce((sum, each) => sum + each, 0);
  const each = Object.entries(count).map(([what, number]) => `${number} ${what}`);
  process.stdout.write(`faults while versions move, seed ${seed}: ${total}: ${each.join(', ')}\n`);
});

/** How many random rounds each kind of fault has. */
const rounds = (few: number) => (all ? few * 25 : few);

describe.each(moves)('a fault in a move: %s', (which) => {
  let kept: Tree;
  let aftermath: MoveAftermath;
  let processes = 0;

  beforeAll(async () => {
    rmSync(root, { recursive: true, force: true });
    prepareMove(which, root);
    kept = filesBelow(root);
    aftermath = new MoveAftermath(which, root, path.join(folder, 'journal'));
    const counting = (host: Host): Host => ({
      ...host,
      commands: {
        ...host.commands,
        run: (argv, options) => ((processes += 1), host.commands.run(argv, options)),
      },
    });
    aftermath.lookAtEnd(await move(which, root, counting));
  }, 900_000);

  /** One fault, and what must be so after it. */
  async function tried(what: string, outcome: () => Promise<string>): Promise<void> {
    layOut(kept, root);
    try {
      aftermath.lookAtEnd(await outcome());
    } catch (error) {
      throw new Error(`T3_COCKPIT_SEED=${seed}: ${which}: ${what}: ${String(error)}`, { cause: error });
    }
  }

  const inProcess = (fault: Fault) =>
    tried(`${JSON.stringify(fault)}`, async () => {
      let reached = false;
      const host = (real: Host) =>
        faulty(
          real,
          fault,
          () => (reached = true),
          () => true,
        );
      const outcome = await move(which, root, host);
      expect(reached).toBe(true);
      return outcome;
    });

  it('by a process that is killed, or fails, before or after it has done its work', async () => {
    const random = randomFrom(seed);
    for (let at = 0; at < processes; at += 1) {
      const kills = random() < 0.5;
      if (all || kills) {
        await inProcess({ at, how: { killAfter: 1 + random() * 60 } });
        count.kills += 1;
      }
      for (const done of all ? [false, true] : kills ? [] : [random() < 0.5]) {
        await inProcess({ at, how: { refuses: 'input/output error', done } });
        count.refusals += 1;
      }
    }
  }, 900_000);

  it('by a runner that is killed, and what the next one makes of it', async () => {
    const random = randomFrom(seed + 1);
    for (let round = 0; round < rounds(1); round += 1) {
      const after = random() * 500;
      const way = random() < 0.5 ? 'resume' : 'roll back';
      await tried(`runner killed after ${after} ms, then ${way}`, async () => {
        const child = spawn(process.execPath, [program, which, root], {
          stdio: ['ignore', 'ignore', 'pipe'],
        });
        await once(child.stderr, 'data');
        await new Promise((resolve) => setTimeout(resolve, after));
        child.kill('SIGKILL');
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
        return recovered(which, root, way);
      });
      count['dead runners'] += 1;
    }
  }, 900_000);

  it.runIf(which === 'bump')(
    'by a runner that is killed, and leaves npm running: nobody begins before that has ended',
    async () => {
      const { slow, state } = placesOf(root);
      await tried('npm left behind', async () => {
        writeFileSync(slow, '');
        const child = spawn(process.execPath, [program, which, root], { stdio: 'ignore' });
        const exited = once(child, 'exit');
        await until('npm runs', () => (readFileSync(slow, 'utf8') === '' ? undefined : true));
        child.kill('SIGKILL');
        await exited;
        rmSync(slow);
        // Nobody waits for it: the lock is not to be had.
        expect(await takeHostLock(lockPath(state), 0)).toBeUndefined();
        return recovered(which, root, 'resume');
      });
      count['children left'] += 1;
    },
  );

  it.runIf(hasStrace)(
    'by an error of the kernel, of any call',
    async () => {
      const random = randomFrom(seed + 2);
      for (let round = 0; round < rounds(1); round += 1) {
        const [call = '', error = ''] = kernelErrors[Math.floor(random() * kernelErrors.length)] ?? [];
        const when = 1 + Math.floor(random() * 8);
        const way = random() < 0.5 ? 'resume' : 'roll back';
        await tried(`${call} ${when} fails: ${error}, then ${way}`, async () => {
          const how = `error=${error}:when=${when}`;
          return (await tamperedWith({ calls: call, how }, which, root)) || recovered(which, root, way);
        });
        count['errors of the kernel'] += 1;
      }
    },
    600_000,
  );
});
