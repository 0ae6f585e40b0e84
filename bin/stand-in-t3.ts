import { runStandIn } from '../src/sandbox/stand-in/cli.ts';
import { profileOf } from '../src/sandbox/stand-in/profiles.ts';

/** The stand-in t3 of the sandbox: `stand-in-t3 --stand-in-version 0.0.24 <what t3 is called with>`. A simulation. */
const [flag, version = '', ...argv] = process.argv.slice(2);
if (flag !== '--stand-in-version')
  throw new Error('the stand-in must be told which version it is: --stand-in-version VERSION');
const code = await runStandIn(profileOf(version), argv);
if (code !== undefined) process.exitCode = code;
