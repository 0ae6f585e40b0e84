import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { build } from '../scripts/build.ts';
import { installed } from '../test/system/machine.ts';
import { bump } from './bump.ts';
import { downtime } from './downtime.ts';
import { firstFrame } from './first-frame.ts';
import { twelveHours } from './hours.ts';
import { journal } from './journal.ts';
import { keyToFrame } from './key-to-frame.ts';
import { watchMemory } from './memory.ts';
import { refresh } from './refresh.ts';
import { lineText, loadNow, machineNow, writeReport, type Part } from './report.ts';
import { snapshot } from './snapshot.ts';
import { status } from './status.ts';
import { thousand } from './thousand.ts';
import { units, whyNoUnits } from './units.ts';
import { watching } from './watching.ts';
import type { Figure } from './figures.ts';

/**
 * Performance, as ratios of things measured in turn in one run: absolute times belong to one machine on one day.
 * `npm run bench` runs all; `npm run bench -- snapshot` one. None of these is a test, and none fails. With `--report`
 * what was found goes into docs/bench.md, with the machine, and as JSON beside it, over what these benches found before.
 */
const benches: Record<string, (folder: string) => Promise<Figure[]>> = {
  'first-frame': firstFrame,
  status,
  snapshot,
  downtime,
  bump,
  journal,
  'key-to-frame': keyToFrame,
  refresh,
  thousand,
  watching,
  'twelve-hours': twelveHours,
  units,
};

const checkout = path.resolve(import.meta.dirname, '..');
const asked = process.argv.slice(2);
const report = asked.includes('--report');
const named = asked.filter((each) => each !== '--report');
const unknown = named.filter((each) => benches[each] === undefined);
const impossible = whyNoUnits();
if (unknown.length > 0) {
  process.stderr.write(
    `bench: there is no ${unknown.join(', no ')}; there are: ${Object.keys(benches).join(', ')}; and --report\n`,
  );
  process.exit(2);
}
if (named.includes('units') && impossible !== undefined) {
  process.stderr.write(`bench: units: ${impossible}\n`);
  process.exit(3);
}

await build(false);
for (const [name, bench] of Object.entries(benches)) {
  if (named.length > 0 && !named.includes(name)) continue;
  process.stdout.write(`\n${name}\n`);
  if (name === 'units' && impossible !== undefined) {
    process.stdout.write(`  left out: ${impossible}\n`);
    continue;
  }
  try {
    const part = await run(name, bench);
    for (const figure of part.figures) process.stdout.write(`  ${lineText(figure)}\n`);
    // One by one: what comes later may fail, and takes long.
    if (report) writeReport(path.join(checkout, 'docs'), { [name]: part }, Object.keys(benches));
  } catch (error) {
    process.stdout.write(
      `  failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exitCode = 1;
  }
}
// A terminal that a failed bench has left open would keep this process alive.
process.exit();

async function run(name: string, bench: (folder: string) => Promise<Figure[]>): Promise<Part> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 't3-cockpit-bench-'));
  const before = loadNow();
  const began = performance.now();
  const memory = watchMemory([name === 'units' ? installed : checkout]);
  try {
    const figures = await bench(folder);
    return {
      figures: [...figures, ...memory()],
      machine: machineNow(),
      at: new Date().toISOString(),
      load: [before, loadNow()],
      took: performance.now() - began,
    };
  } finally {
    memory();
    rmSync(folder, { recursive: true, force: true });
  }
}
