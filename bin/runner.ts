import { runOperation } from '../src/operations/run/runner.ts';

/** The runner of one operation. */
await runOperation(process.argv.slice(2));
