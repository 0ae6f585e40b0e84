export interface Figure {
  what: string;
  value: string;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const milliseconds = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
export const ratio = (value: number) => `${value.toFixed(2)}x`;

/** The medians of the ratios pair by pair: two commands run in turn, so that a drift of the machine hits both. */
export function ratioOf(pairs: readonly (readonly [number, number])[]): string {
  return ratio(median(pairs.map(([a, b]) => a / b)));
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** From the least to the most of them. */
export const spread = (values: readonly number[]): string =>
  `${milliseconds(Math.min(...values))} to ${milliseconds(Math.max(...values))}`;
