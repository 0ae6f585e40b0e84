import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createSandbox } from '../src/sandbox/world.ts';
import { destroySandbox } from '../src/sandbox/destroy.ts';
import { Terminal } from '../test/terminal/terminal.ts';
import { keys, median, single, type Figure } from './figures.ts';

const presses = 60;

/** From a key to the frame that shows it: at rest, and while a gigabyte is being snapshotted on the same machine. */
export async function keyToFrame(folder: string): Promise<Figure[]> {
  const { root, config } = await createSandbox(path.join(folder, 'sandbox'), {
    users: 3,
    version: '0.0.24',
    large: 1024 ** 3,
  });
  const terminal = new Terminal(['--config', config], { columns: 120, rows: 40 });
  try {
    await terminal.until('the fleet', (text) => !text.includes('…') && text.includes('idle'));
    // What is still being measured at the start is no rest.
    await delay(3000);
    const rest = await press(terminal, () => true);
    terminal.press('b');
    await terminal.until('bytes', (text) => /alice +█/.test(text));
    const busy = await press(terminal, (text) => text.includes('operation 1: backup: running'));
    terminal.press('q');
    await terminal.ended();
    return [
      keys('at rest', rest, 50),
      keys('while 1 GB is being snapshotted', busy, 50),
      single('the medians, against rest', 'x', median(busy) / median(rest)),
    ];
  } finally {
    terminal.dispose();
    await destroySandbox(root);
  }
}

/** From a key to the arrival of the frame that shows it, milliseconds: what the emulator does with that is not ours. */
export async function keyTime(
  terminal: Terminal,
  key: string,
  what: string,
  holds: (text: string) => boolean,
): Promise<number> {
  const began = performance.now();
  terminal.press(key);
  await terminal.until(what, holds);
  return terminal.arrivedAt - began;
}

/** Move the selection up and down, as long as it lasts, and time each move until it is on the screen. */
async function press(terminal: Terminal, lasts: (text: string) => boolean): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < presses && lasts(terminal.text()); index += 1) {
    const down = index % 2 === 0;
    const target = down ? /^› . bob/m : /^› . alice/m;
    times.push(await keyTime(terminal, down ? 'j' : 'k', 'the selection', (text) => target.test(text)));
    // People do not type at a fixed beat either: keep clear of the frame rate.
    await delay(40 + Math.random() * 40);
  }
  return times;
}
