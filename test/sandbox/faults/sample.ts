/**
 * Every fault is tried by `npm run test:faults`. `npm test` takes every other one of those that are tried in two ways,
 * each by one of the two: a small machine has to come to an end of it.
 */
export const all = process.env['T3_COCKPIT_FAULTS'] === 'all';

/** Is this one among those that are tried now? @param index Its number. @param way Which of the two ways, 0 or 1. */
export const isTried = (index: number, way: 0 | 1): boolean => all || index % 2 === way;
