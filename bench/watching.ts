import { readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createSandbox } from '../src/sandbox/world.ts';
import { destroySandbox } from '../src/sandbox/destroy.ts';
import { Terminal } from '../test/terminal/terminal.ts';
import { median, said, series, single, timed, type Figure } from './figures.ts';
import { cpuOf, memoryOf } from './process-figures.ts';

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
      single(`idle, 5 users for ${minutes} min: the cockpit itself`, 'core', (after.own - before.own) / took),
      single('its readers and other children', 'core', (after.children - before.children) / took),
      series('memory of the cockpit', 'bytes', memory),
      single('memory, median of the last third against the first', 'x', last / first),
      said('open files, at first and at last', `${handles[0]}, ${handles.at(-1)}`),
    ];
  } finally {
    terminal.press('q');
    await terminal.ended();
    terminal.dispose();
    await destroySandbox(root);
  }
}
