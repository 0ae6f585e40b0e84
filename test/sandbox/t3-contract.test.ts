import { describe } from 'vitest';
import { entryCommand } from '../../src/host/program.ts';
import { standInVersions } from '../../src/sandbox/stand-in/profiles.ts';
import { describeT3Contract } from '../contract/t3-contract.ts';
import { runT3, type T3 } from '../contract/instance.ts';

const standIn = (version: string): T3 => ({
  command: entryCommand('stand-in-t3', '--stand-in-version', version),
  version,
  patience: 20_000,
});

for (const [index, version] of standInVersions.entries()) {
  const newer = standInVersions[index + 1];
  describe(`the stand-in for t3 ${version}`, () =>
    describeT3Contract(standIn(version), newer === undefined ? undefined : standIn(newer)));
}

// A real t3 is slower by an order of magnitude (docs/t3-contract.md, process).
const real = process.env['T3_COCKPIT_REAL_T3'];
if (real !== undefined && real !== '') {
  const patience = 120_000;
  const { stdout } = await runT3({ command: [real], version: '', patience }, '--version');
  const version = stdout.replace(/^t3 v/, '').trim();
  describe(`the real t3 ${version}`, { timeout: patience }, () =>
    describeT3Contract({ command: [real], version, patience }),
  );
}
