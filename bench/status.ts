import path from 'node:path';
import { execa } from 'execa';
import { destroySandbox } from '../src/sandbox/destroy.ts';
import { createSandbox } from '../src/sandbox/world.ts';
import { median, ratios, series, single, timed, type Figure } from './figures.ts';

const door = path.resolve(import.meta.dirname, '../bin/t3-cockpit.js');

/** How many users, how many of them have a server that runs, and how often it is measured. */
const cases = [
  { users: 3, running: 3, rounds: 7 },
  { users: 50, running: 50, rounds: 5 },
  // So many servers would take 50 GB: most people are away, which is how a host of that size would stand as well.
  { users: 1000, running: 20, rounds: 2 },
];

/** `status`, every fact of everybody looked at once, against bare node: real stand-in servers, as many as a machine bears. */
export async function status(folder: string): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const { users, running, rounds } of cases) {
    const { root, config } = await createSandbox(path.join(folder, `sandbox-${users}`), {
      users,
      version: '0.0.24',
      running,
    });
    try {
      const taken: number[] = [];
      const bare: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        bare.push(await timed(() => execa(process.execPath, ['-e', '0'])));
        taken.push(await timed(() => execa(process.execPath, [door, '--config', config, 'status'])));
      }
      const what = `status of ${users} users${running < users ? `, ${running} of them running` : ''}`;
      figures.push(
        series(what, 'ms', taken),
        ratios(`${what}, against bare node`, taken, bare),
        single(`${what}, for each of them`, 'ms', median(taken) / users),
      );
    } finally {
      await destroySandbox(root);
    }
  }
  return figures;
}
