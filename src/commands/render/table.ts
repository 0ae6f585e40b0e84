import { pad, width } from '../../view/format.ts';

/** A plain table: columns as wide as their widest cell, two spaces between, no lines. Cells are printable already. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const widths = header.map((title, index) =>
    Math.max(width(title), ...rows.map((row) => width(row[index] ?? ''))),
  );
  const line = (cells: readonly string[]) =>
    widths
      .map((columns, index) => pad(cells[index] ?? '', columns, right.includes(index) ? 'right' : 'left'))
      .join('  ')
      .trimEnd();
  return [header, ...rows].map((row) => `${line(row)}\n`).join('');
}
