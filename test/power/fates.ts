import { all } from '../sandbox/faults/sample.ts';
import { seed } from '../unit/properties/runs.ts';
import type { Disk, Luck, Manner } from './disk.ts';
import { randomFrom } from './random.ts';
import type { Tree } from './tree.ts';

/** Of random states, how many are laid out at each moment. */
const perMoment = Number(process.env['T3_COCKPIT_POWER'] ?? (all ? 12 : 1));

/** What may be left of an operation by a crash at each of these moments: by both manners, with no luck, all of it, and some. */
export function* crashesOf(disk: Disk, moments = disk.moments): Generator<{ tree: Tree; words: string }> {
  for (const moment of moments)
    for (const [manner, luck, name] of fates(moment))
      yield {
        tree: disk.after(moment, manner, luck),
        words: `before call ${moment} of ${disk.length}, ${manner}, ${name}`,
      };
}

function fates(moment: number): [Manner, Luck, string][] {
  const found: [Manner, Luck, string][] = [];
  for (const manner of ['pessimistic', 'ordered'] as const) {
    found.push([manner, 'nothing', 'nothing is left'], [manner, 'everything', 'everything is left']);
    for (let round = 0; round < perMoment; round += 1) {
      const random = randomFrom(seed + moment * 1000 + round * 2 + (manner === 'ordered' ? 1 : 0));
      found.push([manner, { random }, `round ${round}`]);
    }
  }
  return found;
}
