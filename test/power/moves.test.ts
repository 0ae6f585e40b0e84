import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { all } from '../sandbox/faults/sample.ts';
import { seed } from '../unit/properties/runs.ts';
import { Disk } from './disk.ts';
import { fingerprint, layOut, type Tree } from './tree.ts';
import { crashesOf } from './fates.ts';
import { moves, prepareMove, type Move } from './move.ts';
import { MoveAftermath, recovered } from './move-aftermath.ts';
import { traced } from './recording.ts';
import { hasStrace, type Operation } from './trace.ts';

/**
 * The power goes while versions move: pins, prefixes, the links to programs, the launcher, the notes for the host's own
 * scripts. Each is old or new, and whole; what the journal says to be done is done; and the next runner makes one of it.
 */

const elsewhere = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : '/tmp', 't3-cockpit-power-'));
const counts: string[] = [];
let total = 0;
afterAll(() => {
  rmSync(elsewhere, { recursive: true, force: true });
  process.stdout.write(
    hasStrace
      ? `power loss while versions move, seed ${seed}: ${total} states: ${counts.join('; ')}\n`
      : 'power loss while versions move: not tried, there is no strace(1) here\n',
  );
});

describe.skipIf(!hasStrace).each(moves)('the power goes in a move: %s', (move) => {
  let root: string;
  let before: Tree;
  let operations: Operation[];
  let outcome: string;
  beforeAll(async () => {
    root = realpathSync(mkdtempSync(path.join(os.tmpdir(), 't3-cockpit-power-')));
    prepareMove(move, root);
    ({ before, operations, outcome } = await traced(move, root));
    rmSync(root, { recursive: true });
  }, 900_000);
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('which ends as it should when it does not', () => {
    expect(outcome).toBe(move === 'bump that goes back' ? 'rolled back' : 'succeeded');
    const disk = new Disk(root, before, operations);
    aftermathOf(move).look(disk.after(disk.length, 'pessimistic', 'everything'));
  });

  it('and leaves each file old or new, and done what is said to be done; the next runner makes one of it', async () => {
    const aftermath = aftermathOf(move);
    let taken = 0;
    const states = tryAll(move, new Disk(root, before, operations), aftermath);
    const every = all ? 5 : Math.ceil(states.length / 4);
    for (const [index, { tree, words }] of states.entries()) {
      if (index % every !== seed % every) continue;
      const way = taken % 2 === 0 ? 'roll back' : 'resume';
      try {
        layOut(tree, root);
        aftermath.lookAtEnd(await recovered(move, root, way));
      } catch (error) {
        throw new Error(`T3_COCKPIT_SEED=${seed}: ${move}, ${words}, then ${way}:\n${String(error)}`, {
          cause: error,
        });
      }
      taken += 1;
    }
    counts.push(`${move} ${states.length} states, ${taken} taken on or back`);
    total += states.length;
  }, 900_000);

  const aftermathOf = (which: Move) => new MoveAftermath(which, root, path.join(elsewhere, 'state'));
});

/** Look at every state that a crash may leave. @returns them @throws at the first that must not be */
function tryAll(move: Move, disk: Disk, aftermath: MoveAftermath): { tree: Tree; words: string }[] {
  const found = new Map<string, { tree: Tree; words: string }>();
  for (const { tree, words } of crashesOf(disk)) {
    const print = printOf(tree);
    if (found.has(print)) continue;
    found.set(print, { tree, words });
    try {
      aftermath.look(tree);
    } catch (error) {
      throw new Error(`T3_COCKPIT_SEED=${seed}: ${move}, ${words}:\n${String(error)}`, { cause: error });
    }
  }
  return [...found.values()];
}

const printOf = ({ files, folders, links, modes }: Tree): string =>
  [fingerprint(files), ...folders, ...[...links].flat(), ...[...modes].flat()].join('\n');
