import path from 'node:path';
import { execa } from 'execa';
import { destroySandbox } from '../src/sandbox/destroy.ts';
import { createSandbox } from '../src/sandbox/world.ts';
import { median, milliseconds, ratio, spread, timed, type Figure } from './figures.ts';

const door = path.resolve(import.meta.dirname, '../bin/t3-cockpit.js');
const rounds = 5;

/** `status`, every fact of everybody looked at once, against bare node: real stand-in servers, as many as a machine bears. */
export async function status(folder: string): Promise<Figure[]> {
  const figures: Figure[] = [];
  const bare = await many(() => execa(process.execPath, ['-e', '0']));
  for (const users of [3, 20]) {
    const { root, config } = await createSandbox(path.join(folder, `sandbox-${users}`), {
      users,
      version: '0.0.24',
    });
    try {
      const taken = await many(() => execa(process.execPath, [door, '--config', config, 'status']));
      figures.push({
        what: `status of ${users} users`,
        value: `${milliseconds(median(taken))} (${spread(taken)}), ${ratio(median(taken) / median(bare))} of bare node`,
      });
    } finally {
      await destroySandbox(root);
    }
  }
  return figures;
}

async function many(work: () => Promise<unknown>): Promise<number[]> {
  const taken: number[] = [];
  for (let round = 0; round < rounds; round += 1) taken.push(await timed(work));
  return taken;
}
