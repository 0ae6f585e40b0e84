import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { destroySandbox } from '../src/sandbox/destroy.ts';
import { createSandbox } from '../src/sandbox/world.ts';
import { Terminal } from '../test/terminal/terminal.ts';
import { build } from './build.ts';
import { svgOf } from './svg.ts';

/** The pictures in README and docs: the real cockpit on a sandbox, in the emulator of the terminal tests. */

const pictures = path.resolve(import.meta.dirname, '../docs/pictures');
mkdirSync(pictures, { recursive: true });
await build();
const root = mkdtempSync(path.join(os.tmpdir(), 't3-cockpit-pictures-'));
const { config } = await createSandbox(root, { users: 5, version: '0.0.24', large: 300 * 1024 * 1024 });
const terminal = new Terminal(['--config', config, '--set', 'host.name=devvm'], { columns: 110, rows: 26 });
const save = (name: string, title: string) =>
  writeFileSync(path.join(pictures, `${name}.svg`), svgOf(terminal.cells(), title));
try {
  await terminal.until('the fleet', (text) => /erin .*idle/.test(text) && !text.includes('…'));
  save('fleet', 'The fleet: five users, one busy, one stopped, two backups late or missing');
  terminal.press('b');
  await terminal.until('the middle of the copy', (text) => /alice +█{7,}░/.test(text));
  save('backup', 'A backup of everyone: progress in bytes, and what has happened so far');
  await terminal.until('the end', (text) => text.includes('backup: succeeded'));
  terminal.press('q');
  await terminal.ended();
} finally {
  terminal.dispose();
  await destroySandbox(root);
}
