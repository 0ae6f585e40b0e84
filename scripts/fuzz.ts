import { parseArgs } from 'node:util';
import { execa } from 'execa';

/**
 * Properties and fuzzers, with another seed each time, until the time is over or one of them has found something:
 * `npm run fuzz -- --minutes 30`. What fails has printed its seed; `--seed` takes it up again.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    runs: { type: 'string', default: '1000' },
    seed: { type: 'string' },
  },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error(`--minutes: expected a number above 0, found ${values.minutes}`);

const deadline = performance.now() + minutes * 60_000;
let rounds = 0;
do {
  const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 31));
  process.stdout.write(`seed ${seed}, ${values.runs} cases of each\n`);
  const { exitCode } = await execa(
    'npx',
    [
      'vitest',
      'run',
      'test/unit/properties',
      'test/unit/fuzz',
      'test/components/hostile-screen.test.tsx',
      '--testTimeout=3600000',
      '--reporter=dot',
    ],
    {
      env: { T3_COCKPIT_SEED: seed, T3_COCKPIT_RUNS: values.runs },
      stdio: 'inherit',
      reject: false,
    },
  );
  rounds += 1;
  if (exitCode !== 0) {
    process.stdout.write(`found something; again: npm run fuzz -- --runs ${values.runs} --seed ${seed}\n`);
    process.exit(1);
  }
} while (values.seed === undefined && performance.now() < deadline);
process.stdout.write(`${rounds} rounds, nothing found\n`);
