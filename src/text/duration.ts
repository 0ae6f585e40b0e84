import ms from 'ms';

/** A span of time in whole units, roughly: `40s`, `3m`, `2h`. Milliseconds. */
export function durationWords(milliseconds: number): string {
  return ms(Math.max(1000, Math.round(milliseconds / 1000) * 1000));
}
