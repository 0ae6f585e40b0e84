import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { build } from '../scripts/build.ts';
import { downtime } from './downtime.ts';
import { firstFrame } from './first-frame.ts';
import { twelveHours } from './hours.ts';
import { journal } from './journal.ts';
import { keyToFrame } from './key-to-frame.ts';
import { refresh } from './refresh.ts';
import { reportText } from './report.ts';
import { snapshot } from './snapshot.ts';
import { status } from './status.ts';
import { thousand } from './thousand.ts';
import { watching } from './watching.ts';
import type { Figure } from './figures.ts';

/**
 * Performance, as ratios of things measured in turn in one run: absolute times belong to one machine on one day.
 * `npm run bench` runs all; `npm run bench -- snapshot` one. None of these is a test, and none fails. With
 * `--report` what was found is written into docs/bench.md, with the machine, and as JSON beside it.
 */
const benches: Record<string, (folder: string) => Promise<Figure[]>> = {
  'first-frame': firstFrame,
  status,
  snapshot,
  downtime,
  journal,
  'key-to-frame': keyToFrame,
  refresh,
  thousand,
  watching,
  'twelve-hours': twelveHours,
};

const asked = process.argv.slice(2);
const wanted = asked.filter((each) => !each.startsWith('--'));
const found: Record<string, Figure[]> = {};
await build(false);
for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const folder = mkdtempSync(path.join(os.tmpdir(), 't3-cockpit-bench-'));
  try {
    process.stdout.write(`\n${name}\n`);
    const figures = await bench(folder);
    found[name] = figures;
    for (const { what, value } of figures) process.stdout.write(`  ${what.padEnd(64)} ${value}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (asked.includes('--report')) {
  const docs = path.resolve(import.meta.dirname, '../docs');
  const { text, json } = reportText(found);
  writeFileSync(path.join(docs, 'bench.md'), text);
  writeFileSync(path.join(docs, 'bench.json'), json);
}
