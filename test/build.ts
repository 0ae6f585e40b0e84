import { build } from '../scripts/build.ts';

/** The child entries (runner, reader, supervisor…) are run from the bundle: tests of today's sources need today's bundle. */
export default async function setup(): Promise<void> {
  await build(false, {
    'faulty-runner': 'test/sandbox/faults/runner.ts',
    'power-operation': 'test/power/run.ts',
  });
}
