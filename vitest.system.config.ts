import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** By name: files that share a machine come in the same order everywhere, not by what each took there the last time. */
class ByName extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return Promise.resolve(byName(files));
  }

  /** Every other file: what belongs together, and takes long, is not all in one half. */
  override shard(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { index = 1, count = 1 } = this.ctx.config.shard ?? {};
    return Promise.resolve(byName(files).filter((_, at) => at % count === index - 1));
  }
}

const byName = (files: TestSpecification[]) => files.toSorted((a, b) => a.moduleId.localeCompare(b.moduleId));

/** The tier that needs root, a running systemd and a machine to throw away: `npm run test:system`. */
export default defineConfig({
  test: {
    include: ['test/system/**/*.test.ts'],
    globalSetup: ['test/build.ts'],
    testTimeout: 400_000,
    hookTimeout: 400_000,
    // They share one machine: its units, its users, its journal.
    fileParallelism: false,
    sequence: { sequencer: ByName },
  },
});
