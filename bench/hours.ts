import { readFileSync } from 'node:fs';
import path from 'node:path';
import { bundle } from '../scripts/build.ts';
import { Terminal } from '../test/terminal/terminal.ts';
import { said, series, single, timed, type Figure } from './figures.ts';

const programs = path.resolve(import.meta.dirname, '../node_modules/.cache/t3-cockpit-bench');

interface Sample {
  hour: number;
  heap: number;
  resident: number;
  files: number;
  resources: number;
  operations: number;
}

/** How many hours: `BENCH_HOURS=2 npm run bench -- twelve-hours`. */
const hours = process.env['BENCH_HOURS'] ?? '12';

/** Hours of watching by a clock that runs faster, with operations, events and lines arriving: does anything grow? */
export async function twelveHours(folder: string): Promise<Figure[]> {
  await bundle(['bench/twelve-hours.tsx'], programs);
  const file = path.join(folder, 'samples.json');
  const terminal = new Terminal(['--expose-gc', path.join(programs, 'twelve-hours.js'), file, hours], {
    command: [process.execPath],
    columns: 160,
    rows: 45,
  });
  let code = -1;
  const took = await timed(async () => (code = await terminal.ended(30 * 60_000)));
  if (code !== 0) throw new Error(`it ended with ${code}:\n${terminal.text()}`);
  terminal.dispose();
  const samples = JSON.parse(readFileSync(file, 'utf8')) as Sample[];
  // The first half hour fills what is bounded: scrollback, lists.
  const [first, last] = [samples[1] ?? samples[0], samples.at(-1)];
  if (first === undefined || last === undefined) throw new Error('no samples');
  const megabytes = ({ heap }: Sample) => (heap / 1024 ** 2).toFixed(1);
  return [
    series(
      `${hours} hours in ${(took / 1000).toFixed(0)} s: heap after collection`,
      'bytes',
      samples.map(({ heap }) => heap),
    ),
    single('the last hour against the first', 'x', last.heap / first.heap),
    said('of every hour, MB', samples.map(megabytes).join(' ')),
    said('open files, at first and at last', `${first.files}, ${last.files}`),
    said('what keeps the loop alive, at first and at last', `${first.resources}, ${last.resources}`),
    single('operations seen', 'count', last.operations),
  ];
}
