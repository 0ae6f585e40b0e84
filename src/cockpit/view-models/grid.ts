import type { Instance } from '../../fleet/fleet.ts';
import { cell } from '../../view/cell.ts';
import { gap, placeColumns, type PlacedColumn } from '../../view/columns.ts';
import { pad, width } from '../../view/format.ts';
import { instanceCells, type Seeing } from '../../view/instance.ts';
import type { Tone } from '../../view/cell.ts';
import type { Glyphs } from '../glyphs.ts';
import { sortColumn, visibleInstances } from '../arrange.ts';
import type { CockpitState } from '../state.ts';
import { filled, placed, segment, type Line } from './line.ts';
import { layoutOf } from './layout.ts';

export interface GridRow {
  user: string;
  selected: boolean;
  line: Line;
}

export interface Grid {
  titles: Line;
  /** Only the rows in the window. */
  rows: GridRow[];
}

/** Before the first column: the pointer and the sign of the state. */
const marginColumns = 4;

const stateGlyphs: { [Key in Tone]?: keyof Glyphs } = {
  ok: 'running',
  attention: 'stopped',
  danger: 'broken',
  unknown: 'unknown',
  muted: 'waiting',
  stale: 'unknown',
};

/** The fleet grid: one row a user, as many as fit, around the selected one. */
export function gridModel(state: CockpitState, glyphs: Glyphs): Grid {
  const instances = visibleInstances(state);
  const { left: columns, grid } = layoutOf(state);
  const placedColumns = placeColumns(columns - marginColumns - 1);
  const at = Math.max(
    0,
    instances.findIndex((instance) => instance.user === state.selected),
  );
  const first = Math.min(Math.max(0, at - Math.floor(grid / 2)), Math.max(0, instances.length - grid));
  const seeing: Seeing = {
    config: state.config,
    fleet: state.fleet,
    wall: state.now.wall,
    tick: state.now.tick,
  };
  const rows = instances.slice(first, first + grid).map((instance) => {
    const row = rowModel(
      instance,
      instance.user === state.selected,
      state.marked.includes(instance.user),
      placedColumns,
      seeing,
      glyphs,
    );
    return { ...row, line: filled(row.line, columns) };
  });
  const hidden = instances.length > grid ? ` ${first + 1}-${first + rows.length} of ${instances.length}` : '';
  const sorted = sortColumn[state.sort];
  const titled = placedColumns.map((column) =>
    column.key === sorted ? { ...column, title: `${column.title}${glyphs.sorted}` } : column,
  );
  return {
    titles: titleLine(titled, hidden, columns),
    rows: rows.length === 0 && state.filter !== '' ? [nobody] : rows,
  };
}

/** Instead of rows, where the filter lets nobody through. */
const nobody: GridRow = {
  user: '',
  selected: false,
  line: [segment(`${' '.repeat(marginColumns)}nobody is like this`, 'attention')],
};

/** The titles; at the right which rows of how many are in the window, in place of titles that would stand there. */
function titleLine(placedColumns: readonly PlacedColumn[], hidden: string, columns: number): Line {
  const room = columns - hidden.length;
  let text = ' '.repeat(marginColumns);
  for (const [index, column] of placedColumns.entries()) {
    const title = `${index === 0 ? '' : ' '.repeat(gap)}${pad(column.title, column.width, column.align)}`;
    if (width(text) + width(title.trimEnd()) > room) break;
    text += title;
  }
  return [segment(pad(text.trimEnd(), room), 'muted'), segment(hidden, 'muted')];
}

function rowModel(
  instance: Instance,
  selected: boolean,
  marked: boolean,
  placedColumns: readonly PlacedColumn[],
  seeing: Seeing,
  glyphs: Glyphs,
): GridRow {
  const cells = instanceCells(instance, seeing);
  const glyph =
    cells.state.text === 'crash-looping'
      ? 'broken'
      : cells.state.tone === 'attention' && cells.state.text !== 'stopped'
        ? 'moving'
        : stateGlyphs[cells.state.tone];
  const margin = cell(
    `${selected ? glyphs.pointer : ' '}${marked ? glyphs.marked : ' '}${glyph === undefined ? ' ' : glyphs[glyph]} `,
    cells.state.tone,
  );
  const line = placedColumns.flatMap((column, index) => [
    ...(index === 0 ? [placed(margin, marginColumns, 'left')] : [segment(' '.repeat(gap))]),
    placed(cells[column.key], column.width, column.align),
  ]);
  return { user: instance.user, selected, line };
}
