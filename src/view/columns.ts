/** What a column shows. */
export type ColumnKey =
  'user' | 'state' | 'up' | 'runs' | 'schema' | 'size' | 'backup' | 'probe' | 'live' | 'activity' | 'marks';

export interface Column {
  key: ColumnKey;
  title: string;
  /** Columns of the terminal: what it needs at least, and what it can use. */
  min: number;
  max: number;
  align: 'left' | 'right';
  /** What is dropped first on a narrow screen: the highest number. 0 always stays. */
  priority: number;
}

/** The fleet's columns in their order on screen. */
export const columns: readonly Column[] = [
  { key: 'user', title: 'USER', min: 8, max: 16, align: 'left', priority: 0 },
  { key: 'state', title: 'STATE', min: 13, max: 16, align: 'left', priority: 0 },
  { key: 'up', title: 'SINCE', min: 5, max: 5, align: 'right', priority: 6 },
  { key: 'runs', title: 'RUNS', min: 9, max: 20, align: 'left', priority: 3 },
  { key: 'schema', title: 'SCHEMA', min: 8, max: 8, align: 'right', priority: 4 },
  { key: 'size', title: 'SIZE', min: 7, max: 7, align: 'right', priority: 5 },
  { key: 'backup', title: 'BACKUP', min: 14, max: 16, align: 'left', priority: 1 },
  { key: 'probe', title: 'PROBE', min: 12, max: 18, align: 'left', priority: 1 },
  { key: 'live', title: 'LIVE', min: 6, max: 16, align: 'right', priority: 7 },
  { key: 'activity', title: 'ACTIVITY', min: 9, max: 24, align: 'left', priority: 2 },
  { key: 'marks', title: 'MARKS', min: 8, max: 24, align: 'left', priority: 2 },
];

/** Columns between two columns. */
export const gap = 2;

export interface PlacedColumn extends Column {
  width: number;
}

/**
 * Which columns fit, and how wide each is: columns are dropped by priority until the least widths fit, then what is
 * left over goes to those that stay longest. Depends on the width alone, so that nothing jumps when
 * values change.
 */
export function placeColumns(total: number, all: readonly Column[] = columns): PlacedColumn[] {
  const needed = (chosen: readonly Column[]) =>
    chosen.reduce((sum, column) => sum + column.min, 0) + gap * Math.max(0, chosen.length - 1);
  let chosen = [...all];
  while (needed(chosen) > total) {
    const worst = Math.max(...chosen.map((column) => column.priority));
    if (worst === 0) break;
    const last = chosen.findLastIndex((column) => column.priority === worst);
    chosen = chosen.filter((_, index) => index !== last);
  }
  let spare = Math.max(0, total - needed(chosen));
  const widths = new Map<ColumnKey, number>();
  for (const { key, min, max } of chosen.toSorted((a, b) => a.priority - b.priority)) {
    const extra = Math.min(spare, max - min);
    spare -= extra;
    widths.set(key, min + extra);
  }
  return chosen.map((column): PlacedColumn => ({ ...column, width: widths.get(column.key) ?? column.min }));
}
