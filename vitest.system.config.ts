import { defineConfig } from 'vitest/config';

/** The tier that needs root, a running systemd and a machine to throw away: `npm run test:system`. */
export default defineConfig({
  test: {
    include: ['test/system/**/*.test.ts'],
    globalSetup: ['test/build.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // They share one machine: its units, its users, its journal.
    fileParallelism: false,
  },
});
