import { excerpt } from '../text/printable.ts';
import { parseVersion } from '../t3/version.ts';

/** What the pin files say. An empty pin means that the host's updater tracks nightly: a state to show, not an error. */
export type Pin = { kind: 'version'; version: string } | { kind: 'nightly' };

export interface PinReading {
  file: string;
  /** It is a copy that the host runs, of root's; the others lie in the administrator's checkout. */
  copy: boolean;
  pin: Pin | undefined;
  problem: string | undefined;
}

export interface Pins {
  readings: PinReading[];
  /** The pin on which all files agree; undefined when they do not, or when one cannot be read. */
  agreed: Pin | undefined;
}

/** Find the one `${VARIABLE:-version}` of a pin file (docs/host.md, pin). */
export function parsePin(text: string, variable: string): { pin: Pin } | { problem: string } {
  const found = [...text.matchAll(new RegExp(`\\$\\{${variable}:-([^}\\n]*)\\}`, 'g'))].map(
    (match) => match[1] ?? '',
  );
  const [only] = found;
  if (only === undefined) return { problem: `no \${${variable}:-…} in it` };
  if (found.length > 1)
    return { problem: `${found.length} times \${${variable}:-…}: which one counts is not clear` };
  if (only === '') return { pin: { kind: 'nightly' } };
  const version = parseVersion(only);
  return version === undefined
    ? { problem: `"${excerpt(only, 40)}" is no version` }
    : { pin: { kind: 'version', version } };
}

export function agree(readings: PinReading[]): Pins {
  const texts = new Set(
    readings.map((reading) => (reading.pin === undefined ? undefined : pinText(reading.pin))),
  );
  return { readings, agreed: texts.size === 1 ? readings[0]?.pin : undefined };
}

export function pinText(pin: Pin): string {
  return pin.kind === 'version' ? pin.version : 'nightly';
}
