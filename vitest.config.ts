import { defineConfig } from 'vitest/config';

/** The tiers that run anywhere, without root: `npm test`. The system tier has a config of its own. */
export default defineConfig({
  test: {
    include: ['test/{unit,components,sandbox,terminal}/**/*.test.{ts,tsx}'],
    globalSetup: ['test/build.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two cores are what a small host has; a third of their time two workers would spend waiting for servers.
    maxWorkers: 3,
    // Whole files share what they import: to load it anew for each took half of the unit tests' CPU time.
    isolate: false,
  },
});
