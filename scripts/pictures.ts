import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { destroySandbox } from '../src/sandbox/destroy.ts';
import { createSandbox } from '../src/sandbox/world.ts';
import { execa } from 'execa';
import { doorPath, Terminal } from '../test/terminal/terminal.ts';
import { build } from './build.ts';
import { svgOf } from './svg.ts';

/** The pictures in README and docs: the real cockpit on a sandbox, by its keys, in the emulator of the terminal tests. */

const pictures = path.resolve(import.meta.dirname, '../docs/pictures');
mkdirSync(pictures, { recursive: true });
await build();
const root = mkdtempSync(path.join(os.tmpdir(), 't3-cockpit-pictures-'));
const { config } = await createSandbox(root, { users: 5, version: '0.0.24', large: 700 * 1024 * 1024 });
const open: Terminal[] = [];

function cockpit(columns: number, rows: number, ...settings: string[]): Terminal {
  const all = ['host.name=devvm', 'probes.automatic=false', ...settings];
  const terminal = new Terminal(['--config', config, ...all.flatMap((each) => ['--set', each])], {
    columns,
    rows,
    environment: { FORCE_COLOR: '3', COLORTERM: 'truecolor' },
  });
  open.push(terminal);
  return terminal;
}

function save(terminal: Terminal, name: string, title: string): void {
  writeFileSync(path.join(pictures, `${name}.svg`), svgOf(terminal.cells(), title));
}

const fleet = (terminal: Terminal) =>
  terminal.until('the fleet', (text) => /erin .*idle/.test(text) && !/ … /.test(text), 60_000);
const leave = async (terminal: Terminal) => {
  terminal.press('q');
  await terminal.ended();
};

try {
  const first = cockpit(110, 30);
  await fleet(first);
  save(first, 'fleet', 'The fleet: what needs the admin stands below it, the gravest first');
  first.press('b');
  await first.until('the middle of the copy', (text) => /alice +█{7,}░.*left/.test(text), 60_000);
  save(first, 'backup', 'A backup of everyone: bytes, rate, time left, and what has happened so far');
  await first.until('the end', (text) => text.includes('backup: succeeded'), 120_000);
  first.press('r');
  await first.until('the snapshots', (text) => text.includes('choose a snapshot'));
  first.press('g');
  await first.until('the snapshots against now', (text) => text.includes('same'), 60_000);
  save(first, 'restore', 'What can be put back, each snapshot against what is there now');
  await leave(first);

  const narrow = cockpit(80, 24);
  await fleet(narrow);
  save(narrow, 'narrow', 'The same on 80 columns and 24 rows');
  await leave(narrow);

  const wide = cockpit(180, 46, 'gate.watch=300ms', 'bump.soak=2s');
  await fleet(wide);
  wide.press('u');
  await wide.until('the versions', (text) => /› 0\.0\.27 +32 +latest/.test(text), 60_000);
  wide.press('\r');
  await wide.until('the plan', (text) => text.includes('Type 0.0.27 to go on'), 60_000);
  await wide.type('0.0.27');
  wide.press('\r');
  await wide.until('it runs', (text) => /bump.*: running/.test(text), 60_000);
  wide.press('O');
  await wide.until(
    'the second user',
    (text) => /✓ ▸ carol .*\d/.test(text) && /◐ ▾ erin/.test(text),
    180_000,
  );
  save(wide, 'rollout', 'A bump: phases, users and steps at the left, what it says at the right');
  await wide.until('the end', (text) => /bump.*: (succeeded|failed|rolled back)/.test(text), 300_000);
  wide.press('e');
  await wide.until('the evidence', (text) => text.includes('what the gate has seen'));
  save(wide, 'evidence', 'What the gate has seen of the version, trial by trial');
  // Back again: asked for by a command, as a colleague might, and watched from here.
  await execa(process.execPath, [doorPath, '--config', config, '--yes', 'rollback', '--detach']);
  wide.press('\u001b');
  await wide.until('the fleet', (text) => text.includes(' back up all '));
  wide.press('O');
  await wide.until(
    'the end of it',
    (text) => /operation 3: .*rollback.*: (succeeded|failed)/.test(text),
    300_000,
  );
  save(wide, 'rollback', 'Everybody taken back: versions first, then one user after the other');
  await leave(wide);
} finally {
  for (const terminal of open) terminal.dispose();
  await destroySandbox(root);
}
