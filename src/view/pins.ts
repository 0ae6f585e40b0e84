import { pinText, type Pins } from '../fleet/pins.ts';

/** What the pin files say, in a few words. */
export function pinsText({ agreed, readings }: Pins): string {
  if (agreed !== undefined) return pinText(agreed);
  if (readings.length === 0) return 'nowhere';
  const broken = readings.find((reading) => reading.problem !== undefined);
  if (broken?.problem !== undefined) return `? ${broken.problem}`;
  return `disagree: ${readings.map((reading) => (reading.pin === undefined ? '?' : pinText(reading.pin))).join(', ')}`;
}
