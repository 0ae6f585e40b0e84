import { execFileSync } from 'node:child_process';
import { measuredProfiles as profiles } from '../../src/sandbox/stand-in/profiles.ts';
import { describeT3Contract } from '../contract/contract.ts';
import { standIn } from '../contract/stand-in.ts';

const newest = standIn(profiles.at(-1)?.version ?? '');

for (const { version } of profiles)
  describeT3Contract(`the stand-in for t3 ${version}`, standIn(version), newest);

// A real t3 takes seconds for what the stand-in does in a tenth of one (docs/t3-contract.md, Command line).
const real = process.env['T3_COCKPIT_REAL_T3'];
if (real !== undefined && real !== '') {
  const said = execFileSync(real, ['--version'], { encoding: 'utf8', timeout: 120_000 });
  const version = /^t3 v(\S+)\n$/.exec(said)?.[1];
  if (version === undefined) throw new Error(`T3_COCKPIT_REAL_T3=${real} says of its version: ${said}`);
  describeT3Contract(`the real t3 ${version}`, { command: [real], version, patience: 120_000 }, newest);
}
