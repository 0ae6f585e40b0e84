import type { Line } from './line.ts';

/** The rows around the selected one, when not all fit; the others are counted, not made. */
export function listedRows(
  length: number,
  at: number,
  height: number,
  row: (index: number, selected: boolean) => Line,
): { lines: Line[]; where: string; selected: number | undefined } {
  const first = Math.min(Math.max(0, at - Math.floor(height / 2)), Math.max(0, length - height));
  const count = Math.max(0, Math.min(height, length - first));
  return {
    lines: Array.from({ length: count }, (_, index) => row(first + index, first + index === at)),
    where: length > height ? `  ${first + 1}-${first + count} of ${length}` : '',
    // The line that is selected, among those in the window.
    selected: length === 0 ? undefined : at - first,
  };
}
