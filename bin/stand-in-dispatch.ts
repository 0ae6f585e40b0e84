import { StandInDispatch } from '../src/sandbox/dispatch/dispatch.ts';
import { layoutOf } from '../src/sandbox/layout.ts';

/** The stand-in dispatch of a sandbox, a simulation: `stand-in-dispatch ROOT PORT`. */
const [root = '', port = ''] = process.argv.slice(2);
const dispatch = new StandInDispatch(layoutOf(root));
process.on('SIGTERM', () => dispatch.close());
await dispatch.listen(Number(port));
