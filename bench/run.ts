import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { build } from '../scripts/build.ts';
import { firstFrame } from './first-frame.ts';
import { twelveHours } from './hours.ts';
import { keyToFrame } from './key-to-frame.ts';
import { refresh } from './refresh.ts';
import { snapshot } from './snapshot.ts';
import { thousand } from './thousand.ts';
import { watching } from './watching.ts';
import type { Figure } from './figures.ts';

/**
 * Performance, as ratios of things measured in turn in one run: absolute times belong to one machine on one day.
 * `npm run bench` runs all; `npm run bench -- snapshot` one. None of these is a test, and none fails.
 */
const benches: Record<string, (folder: string) => Promise<Figure[]>> = {
  'first-frame': firstFrame,
  snapshot,
  'key-to-frame': keyToFrame,
  refresh,
  thousand,
  watching,
  'twelve-hours': twelveHours,
};

const wanted = process.argv.slice(2);
await build(false);
for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const folder = mkdtempSync(path.join(os.tmpdir(), 't3-cockpit-bench-'));
  try {
    process.stdout.write(`\n${name}\n`);
    for (const { what, value } of await bench(folder))
      process.stdout.write(`  ${what.padEnd(64)} ${value}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
