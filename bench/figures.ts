/** What a number counts: milliseconds, times of something else, a share of one core, bytes, events a second, or things. */
export type Unit = 'ms' | 'x' | 'core' | 'bytes' | 'bytes a second' | 'per second' | 'count';

/** What a number must not exceed (docs/architecture.md says why), and of which number that is said. */
export interface Limit {
  most: number;
  of: 'median' | '95 %';
}

/** One line of the report, as numbers: the median, and how far the single measurements lie apart. */
export interface Measured {
  what: string;
  unit: Unit;
  median: number;
  least?: number;
  most?: number;
  /** At most this in 95 of 100 cases. */
  p95?: number;
  /** How many measurements. */
  count: number;
  limit?: Limit;
}

/** What is said in words: it has no number of its own. */
export interface Said {
  what: string;
  words: string;
}

export type Figure = Measured | Said;

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Several measurements of the same. */
export function series(what: string, unit: Unit, values: readonly number[], most?: number): Measured {
  return {
    what,
    unit,
    median: median(values),
    least: Math.min(...values),
    most: Math.max(...values),
    count: values.length,
    ...(most === undefined ? {} : { limit: { most, of: 'median' } }),
  };
}

/** From keys to their frames: what an admin feels is not the median but the slow ones. */
export function keys(what: string, values: readonly number[], most?: number): Measured {
  return {
    ...series(what, 'ms', values),
    p95: quantile(values, 0.95),
    ...(most === undefined ? {} : { limit: { most, of: '95 %' } }),
  };
}

/** The ratios pair by pair: what is compared runs in turn, so that a drift of the machine hits both. */
export function ratios(
  what: string,
  values: readonly number[],
  against: readonly number[],
  most?: number,
): Measured {
  return series(
    what,
    'x',
    values.map((value, index) => value / (against[index] ?? Number.NaN)),
    most,
  );
}

/** Something that is measured once, or is a sum over a while. */
export function single(what: string, unit: Unit, value: number, most?: number): Measured {
  return {
    what,
    unit,
    median: value,
    count: 1,
    ...(most === undefined ? {} : { limit: { most, of: 'median' } }),
  };
}

export const said = (what: string, words: string): Said => ({ what, words });

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** A number with what it counts, as short as it can be told apart. */
export function amount(value: number, unit: Unit): string {
  switch (unit) {
    case 'ms':
      return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
    case 'x':
      return `${value.toFixed(2)}x`;
    case 'core':
      return `${(value * 100).toFixed(2)} % of a core`;
    case 'bytes':
      return `${(value / 1024 ** 2).toFixed(value < 10 * 1024 ** 2 ? 1 : 0)} MB`;
    case 'bytes a second':
      return value < 1024 ** 2
        ? `${(value / 1024).toFixed(0)} kB a second`
        : `${(value / 1024 ** 2).toFixed(0)} MB a second`;
    case 'per second':
      return `${Math.round(value)} a second`;
    case 'count':
      return String(value);
  }
}

/** From the least to the most of them; nothing where there is but one. */
export function spreadText({ least, most, p95, count, unit }: Measured): string {
  if (count < 2 || least === undefined || most === undefined) return '';
  const slow = p95 === undefined ? '' : `, 95 %: ${amount(p95, unit)}`;
  return `${amount(least, unit)} to ${amount(most, unit)}${slow} (${count})`;
}

/** The limit, and whether it was kept; nothing where there is none. What could not be measured keeps none. */
export function limitText({ limit, median: middle, p95, unit }: Measured): string {
  if (limit === undefined) return '';
  const value = limit.of === 'median' ? middle : (p95 ?? Number.NaN);
  const where = limit.of === 'median' ? '' : ` at ${limit.of}`;
  return `${amount(limit.most, unit)}${where}: ${value <= limit.most ? 'kept' : 'NOT kept'}`;
}
