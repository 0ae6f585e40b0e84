import path from 'node:path';
import { createSandbox } from '../src/sandbox/world.ts';
import { destroySandbox } from '../src/sandbox/destroy.ts';
import { Terminal } from '../test/terminal/terminal.ts';
import { ratios, series, timed, type Figure } from './figures.ts';

const rounds = 9;

/** From the start of the cockpit to its frames, against the start of a bare Node in the same kind of terminal. */
export async function firstFrame(folder: string): Promise<Figure[]> {
  const { root, config } = await createSandbox(path.join(folder, 'sandbox'), { users: 3, version: '0.0.24' });
  try {
    const bare: number[] = [];
    const frame: number[] = [];
    const table: number[] = [];
    const complete: number[] = [];
    // The first round fills the compile cache, as the first start on a host does; it does not count.
    for (let round = 0; round <= rounds; round += 1) {
      const node = await timed(async () => {
        const terminal = new Terminal(['-e', '0'], { command: [process.execPath] });
        await terminal.ended();
        terminal.dispose();
      });
      const began = performance.now();
      const terminal = new Terminal(['--config', config], { columns: 120, rows: 40 });
      const since = async (what: string, holds: (text: string) => boolean) => {
        await terminal.until(what, holds);
        return performance.now() - began;
      };
      const first = await since('a frame', (text) => text.includes('t3-cockpit') && text.includes('quit'));
      const rows = await since('a row for everyone', (text) =>
        ['alice', 'bob', 'carol'].every((user) => text.includes(user)),
      );
      const all = await since('every fact', (text) => !text.includes('…') && text.includes('idle'));
      terminal.press('q');
      await terminal.ended();
      terminal.dispose();
      if (round === 0) continue;
      bare.push(node);
      frame.push(first);
      table.push(rows);
      complete.push(all);
    }
    return [
      series('bare node -e 0 in a terminal', 'ms', bare),
      series('first complete frame', 'ms', frame),
      ratios('first complete frame, against bare node', frame, bare, 10),
      series('a row for everyone', 'ms', table),
      ratios('a row for everyone, against bare node', table, bare),
      series('every fact of 3 users known (runs t3, reads 3 databases)', 'ms', complete),
      ratios('every fact, against bare node', complete, bare),
    ];
  } finally {
    await destroySandbox(root);
  }
}
