import os from 'node:os';
import { expand } from '../../config/expand.ts';
import type { Config } from '../../config/schema.ts';
import { callerName } from '../../host/invocation.ts';
import { excerpt } from '../../text/printable.ts';
import { askVersion } from '../../t3/binaries.ts';
import { everybodysBinary, readLauncher, type Launcher } from '../../t3/launcher.ts';
import { known, unknown, type Observation } from '../observation.ts';
import { agree, parsePin, type PinReading, type Pins } from '../pins.ts';
import { readAs } from '../reader/read.ts';
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

/** The name of the administrator, in whose checkout the pin files lie. */
export function administratorName(
  config: Config,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  return config.host.administrator ?? callerName(environment) ?? os.userInfo().username;
}

/** What the pin files say; read as the administrator, in whose checkout they lie. */
export async function observePins(
  collecting: Collecting,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Observation<Pins>> {
  const { host, config } = collecting;
  if (config.pins.length === 0) return known({ readings: [], agreed: undefined }, moment(collecting));
  try {
    const name = administratorName(config, environment);
    const administrator = (await host.accounts.byName([name])).get(name);
    if (administrator === undefined)
      return unknown(`no such user: ${excerpt(name, 40)} (host.administrator)`, moment(collecting));
    const files = config.pins.map((pin) => expand(pin.file, { home: administrator.home }));
    const tasks = files.map((path) => ({ task: 'text', path, maxSize: config.limits.fileSize }) as const);
    const { answers } = await readAs(host, config, administrator, tasks);
    const readings = config.pins.flatMap((pin, index): PinReading[] => {
      const file = files[index] ?? pin.file;
      const answer = answers[index];
      if (answer === undefined || 'problem' in answer) {
        const problem = answer?.problem ?? 'not read';
        return pin.copy && problem.endsWith(': no such file')
          ? []
          : [{ file, copy: pin.copy, pin: undefined, problem }];
      }
      const parsed = parsePin(answer.facts, pin.variable);
      return [
        'pin' in parsed
          ? { file, copy: pin.copy, pin: parsed.pin, problem: undefined }
          : { file, copy: pin.copy, pin: undefined, problem: parsed.problem },
      ];
    });
    return known(agree(readings), moment(collecting));
  } catch (error) {
    return unknown(reasonOf(error), moment(collecting));
  }
}
