import { afterRunner } from '../src/operations/run/aftercare.ts';

/** After a runner that did not end well. */
await afterRunner(process.argv.slice(2));
