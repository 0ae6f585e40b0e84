const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const units: Record<string, number> = {
  ms: 1,
  s: second,
  second,
  m: minute,
  minute,
  h: hour,
  hour,
  d: 24 * hour,
  day: 24 * hour,
  w: 7 * 24 * hour,
  week: 7 * 24 * hour,
};

/** What t3 says of a duration that it does not understand. */
export const durationProblem =
  'Schema validation failed: Invalid duration. Use values like 5m, 1h, 30d, or 15 minutes.';

/** Milliseconds of `5m`, `1h`, `30d` or `15 minutes`; undefined for anything else, a bare number included. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/.exec(text.trim()) ?? [];
  const factor = units[unit] ?? (unit.length > 1 ? units[unit.replace(/s$/, '')] : undefined);
  return amount === undefined || factor === undefined ? undefined : Number(amount) * factor;
}
