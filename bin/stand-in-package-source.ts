import { layoutOf } from '../src/sandbox/layout.ts';
import { StandInPackageSource } from '../src/sandbox/packages/source.ts';

/** The stand-in package source of a sandbox, a simulation: `stand-in-package-source ROOT PORT`. */
const [root = '', port = ''] = process.argv.slice(2);
const source = new StandInPackageSource(layoutOf(root));
process.on('SIGTERM', () => source.close());
await source.listen(Number(port));
