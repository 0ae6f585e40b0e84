import * as fc from 'fast-check';

/**
 * How the properties are tried: `T3_COCKPIT_RUNS` times each, from `T3_COCKPIT_SEED` on. Without a seed each run of the
 * tests takes another one; what fails prints it, and with it in the environment the same cases come again.
 */

const given = process.env['T3_COCKPIT_SEED'];

/** Of everything that is left to chance in one run of the tests. */
export const seed = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);

/** How often each property is tried; a few hundred find what a day of them would find, most of the time. */
export const runs = Number(process.env['T3_COCKPIT_RUNS'] ?? 150);

/** Have fast-check take both. Call it once, at the top of a file of properties. */
export function configureProperties(): void {
  fc.configureGlobal({
    seed,
    numRuns: runs,
    reporter: (details) => {
      if (!details.failed) return;
      const words = fc.defaultReportMessage(details) ?? 'a property does not hold';
      throw new Error(`T3_COCKPIT_SEED=${details.seed}: ${words}`, { cause: details.errorInstance });
    },
  });
}
