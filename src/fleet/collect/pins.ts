import os from 'node:os';
import { expand } from '../../config/expand.ts';
import type { Config } from '../../config/schema.ts';
import type { FileFacts } from '../../host/files.ts';
import { callerName } from '../../host/invocation.ts';
import { excerpt } from '../../text/printable.ts';
import { known, unknown, type Observation } from '../observation.ts';
import { agree, parsePin, type PinReading, type Pins } from '../pins.ts';
import { readAs } from '../reader/read.ts';
import { moment, reasonOf, type Collecting } from './context.ts';

/** What the pin files were when all of them could be read last, and what they said. */
export interface RememberedPins {
  last?: { fingerprint: string; pins: Pins };
}

/** A file that was written so lately may be written again within one tick of the clock that dates it. Milliseconds. */
const settling = 1000;

/** The name of the administrator, in whose checkout the pin files lie. */
export function administratorName(
  config: Config,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  return config.host.administrator ?? callerName(environment) ?? os.userInfo().username;
}

/**
 * What the pin files say; read as the administrator, in whose checkout they lie. A reader costs as much as fifty looks
 * from outside: one is started only where the files are not those that were read last.
 */
export async function observePins(
  collecting: Collecting,
  environment: Readonly<Record<string, string | undefined>>,
  remembered: RememberedPins,
): Promise<Observation<Pins>> {
  const { host, config } = collecting;
  if (config.pins.length === 0) return known({ readings: [], agreed: undefined }, moment(collecting));
  try {
    const name = administratorName(config, environment);
    const administrator = (await host.accounts.byName([name])).get(name);
    if (administrator === undefined)
      return unknown(`no such user: ${excerpt(name, 40)} (host.administrator)`, moment(collecting));
    const files = config.pins.map((pin) => expand(pin.file, { home: administrator.home }));
    const looks = await lookAt(collecting, files);
    const fingerprint = looks && [administrator.uid, ...files, ...looks].join('|');
    if (fingerprint !== undefined && remembered.last?.fingerprint === fingerprint)
      return known(remembered.last.pins, moment(collecting));
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
    const pins = agree(readings);
    // What could not be read is tried again, whatever the files look like from outside.
    const whole = fingerprint !== undefined && readings.every(({ problem }) => problem === undefined);
    if (whole) remembered.last = { fingerprint, pins };
    else delete remembered.last;
    return known(pins, moment(collecting));
  } catch (error) {
    return unknown(reasonOf(error), moment(collecting));
  }
}

/** The files from outside; undefined where that does not tell whether they still say the same. */
async function lookAt({ host }: Collecting, files: readonly string[]): Promise<string[] | undefined> {
  const tells = (facts: FileFacts | undefined) =>
    facts === undefined || (facts.kind === 'file' && Math.abs(host.clock.now() - facts.modified) > settling);
  try {
    const looks = await Promise.all(files.map((file) => host.files.look(file)));
    return looks.every(tells) ? looks.map((facts) => facts?.fingerprint ?? '') : undefined;
  } catch {
    // Not ours to look at: the administrator's reader says what it finds.
    return undefined;
  }
}
