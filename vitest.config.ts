import { defineConfig } from 'vitest/config';

const files = (...tiers: string[]) => tiers.map((tier) => `test/${tier}/**/*.test.{ts,tsx}`);

/** The tiers that run anywhere, without root: `npm test`. The system tier has a config of its own. */
export default defineConfig({
  test: {
    testTimeout: 400_000,
    hookTimeout: 400_000,
    // Two cores are what a small host has; a third of their time two workers would spend waiting for servers.
    maxWorkers: 3,
    projects: [
      {
        extends: true,
        test: {
          name: 'plain',
          include: files('unit', 'sandbox', 'terminal', 'power', 'faults'),
          globalSetup: ['test/build.ts'],
          // The files of a worker share what they import: to load it anew for each took half of the unit tests' CPU time.
          isolate: false,
        },
      },
      {
        extends: true,
        // What draws decides at its first import whether there are colours.
        test: { name: 'components', include: files('components') },
      },
    ],
  },
});
