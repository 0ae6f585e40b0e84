import { vacuum } from '../src/sandbox/jobs/backup-state.ts';
import { runJob } from '../src/sandbox/jobs/run.ts';

/** One of the host's own jobs, a simulation: `stand-in-job NAME CONFIG`; or a part of one: `stand-in-job vacuum FROM TO`. */
const [name = '', first = '', second = ''] = process.argv.slice(2);
if (name === 'vacuum') vacuum(first, second);
else process.exitCode = await runJob(name, first);
