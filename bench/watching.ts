import { readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createSandbox } from '../src/sandbox/world.ts';
import { destroySandbox } from '../src/sandbox/destroy.ts';
import { Terminal } from '../test/terminal/terminal.ts';
import { median, timed, type Figure } from './figures.ts';
import { cpuOf, memoryOf } from './process-figures.ts';
import { percent } from './refresh.ts';

/** For how long, in minutes: `BENCH_MINUTES=10 npm run bench -- watching`. */
const minutes = Number(process.env['BENCH_MINUTES'] ?? 1);

/** The cockpit left alone with five users: what it takes, and whether it grows. */
export async function watching(folder: string): Promise<Figure[]> {
  const { root, config } = await createSandbox(path.join(folder, 'sandbox'), { users: 5, version: '0.0.24' });
  const terminal = new Terminal(['--config', config, '--set', 'probes.automatic=false'], {
    columns: 120,
    rows: 40,
  });
  try {
    await terminal.until('the fleet', (text) => /alice +running/.test(text) && !/ … /.test(text));
    await delay(5000);
    const before = cpuOf(terminal.pid);
    const memory: number[] = [];
    const handles: number[] = [];
    const took = await timed(async () => {
      for (let sample = 0; sample < minutes * 12; sample += 1) {
        await delay(5000);
        memory.push(memoryOf(terminal.pid));
        handles.push(readdirSync(`/proc/${terminal.pid}/fd`).length);
      }
    });
    const after = cpuOf(terminal.pid);
    const third = Math.max(1, Math.floor(memory.length / 3));
    const [first, last] = [median(memory.slice(0, third)), median(memory.slice(-third))];
    return [
      {
        what: `5 users for ${minutes} min: the cockpit itself`,
        value: `${percent((after.own - before.own) / took)} of a core`,
      },
      {
        what: 'and its readers',
        value: `${percent((after.children - before.children) / took)} of a core`,
      },
      {
        what: 'memory, median of the last third against the first',
        value: `${Math.round(last / 1024 ** 2)} MB, ${(last / first).toFixed(3)}x; open files ${handles[0]} then ${handles.at(-1)}`,
      },
    ];
  } finally {
    terminal.press('q');
    await terminal.ended();
    terminal.dispose();
    await destroySandbox(root);
  }
}
