import { runOperation } from '../src/operations/runner.ts';

/** The runner of one operation. */
await runOperation(process.argv.slice(2));
