import { askVersion } from '../../t3/binaries.ts';
import { everybodysBinary, readLauncher, type Launcher } from '../../t3/launcher.ts';
import { known, unknown, type Observation } from '../observation.ts';
import { moment, reasonOf, type Collecting } from './context.ts';

/** What the global binary was when it was last run. */
export interface RememberedBinary {
  fingerprint?: string;
}

/**
 * The version of the global binary. It is run (1.75 CPU seconds, docs/t3-contract.md) only when the file it leads to
 * has changed.
 */
export async function observeInstalled(
  collecting: Collecting,
  before: Observation<string>,
  remembered: RememberedBinary,
): Promise<Observation<string>> {
  const { host, config } = collecting;
  try {
    const binary = await everybodysBinary(host, config);
    const file = await host.files.lookThrough(binary);
    if (file === undefined) return unknown(`${binary}: no such file`, moment(collecting));
    if (before.kind === 'known' && file.fingerprint === remembered.fingerprint)
      return known(before.value, moment(collecting));
    const asked = await askVersion(binary, host, config);
    if ('problem' in asked) return unknown(asked.problem, moment(collecting), before);
    remembered.fingerprint = file.fingerprint;
    return known(asked.version, moment(collecting));
  } catch (error) {
    return unknown(reasonOf(error), moment(collecting), before);
  }
}

/** Whether this host has the launcher, and whose version is which. */
export async function observeLauncher(collecting: Collecting): Promise<Observation<Launcher>> {
  try {
    return known(await readLauncher(collecting.host, collecting.config), moment(collecting));
  } catch (error) {
    return unknown(reasonOf(error), moment(collecting));
  }
}
