import type { Tone } from '../../view/cell.ts';
import type { CockpitState, Mode } from '../state.ts';
import { agreementBody } from './agreement.ts';
import { detailBody } from './detail.ts';
import { doctorBody } from './doctor.ts';
import { findingsBody } from './findings.ts';
import { happenedBody } from './happened.ts';
import { helpBody } from './help.ts';
import type { Glyphs } from '../glyphs.ts';
import { operationsBody } from './operations.ts';
import { paletteBody } from './palette.ts';
import { pickerBody } from './picker.ts';
import { layoutOf } from './layout.ts';
import type { Line } from './line.ts';
import { listedRows } from './listed.ts';
import { selectedBranch } from './opened-tree.ts';
import { evidenceView, outputView, treeView } from './opened.ts';
import type { Pane } from './operation.ts';
import { reportBody } from './report.ts';
import { schedulesBody, whenBody } from './schedules.ts';
import type { Scrolled } from './scrolled.ts';
import { versionsBody } from './versions.ts';

/** What takes the place of the fleet: one text, or two side by side. */
export type TextBody =
  | { kind: 'text'; title: string; tone: Tone; lines: Line[]; selected?: number | undefined }
  | { kind: 'split'; left: Pane; right: Pane };

/** What is scrolled through in this mode; undefined where the grid is, or a list that follows its selected row. */
export function bodyOf(state: CockpitState): Scrolled | undefined {
  const { mode } = state;
  switch (mode.kind) {
    case 'help':
      return helpBody(state);
    case 'detail':
      return detailBody(state);
    case 'report':
      return reportBody(state);
    case 'happened':
      return happenedBody(state);
    case 'plan':
      return agreementBody(state, mode);
    case 'doctor':
      return doctorBody(mode, state.size.columns);
    case 'operation':
      return openedView(state, mode);
    default:
      return undefined;
  }
}

/** The view that keys scroll. Where there are halves the tree is always at the left. */
function openedView(state: CockpitState, mode: Extract<Mode, { kind: 'operation' }>): Scrolled {
  const { wide, left, right, columns } = layoutOf(state);
  switch (mode.view) {
    case 'tree':
      return treeView(state, mode, wide ? left : columns);
    case 'output':
      return outputView(state, mode, wide ? right : columns);
    case 'evidence':
      return evidenceView(state, mode, wide ? right : columns);
  }
}

export const lengthOf = (state: CockpitState): number => bodyOf(state)?.length ?? 0;

/** Lines of a body in the window, below its title. */
export const bodyHeight = (state: CockpitState): number => Math.max(1, layoutOf(state).body - 1);

/** The lines in the window. */
export function bodyWindow(state: CockpitState, glyphs: Glyphs): TextBody | undefined {
  const { mode } = state;
  const height = bodyHeight(state);
  switch (mode.kind) {
    case 'pick':
      return { kind: 'text', ...pickerBody(state, mode, height, glyphs) };
    case 'versions':
      return { kind: 'text', ...versionsBody(state, mode, height, glyphs) };
    case 'operations':
      return { kind: 'text', ...operationsBody(state, mode, height, glyphs) };
    case 'findings':
      return { kind: 'text', ...findingsBody(state, mode, height, glyphs) };
    case 'schedules':
      return { kind: 'text', ...schedulesBody(state, mode, height, glyphs) };
    case 'when':
      return { kind: 'text', ...whenBody(state, mode) };
    case 'command':
      return { kind: 'text', ...paletteBody(state, mode, height) };
    case 'operation':
      return openedWindow(state, mode, height);
    default: {
      const body = bodyOf(state);
      if (body === undefined) return undefined;
      return { kind: 'text', ...windowOf(body, 'offset' in mode ? mode.offset : 0, height) };
    }
  }
}

function openedWindow(
  state: CockpitState,
  mode: Extract<Mode, { kind: 'operation' }>,
  height: number,
): TextBody {
  const { wide, left, right, columns } = layoutOf(state);
  if (!wide)
    return {
      kind: 'text',
      ...(mode.view === 'tree' ? treeWindow(state, mode, columns, height) : saidWindow(state, mode, height)),
    };
  const tree = treeWindow(state, mode, left, height);
  if (mode.view === 'tree') {
    // What somebody has selected is what they want to know of.
    const branch = mode.row === undefined ? undefined : selectedBranch(state, mode);
    const output = outputView(state, mode, right, branch);
    const title = branch === undefined ? 'output' : `output of ${branch.label}`;
    return {
      kind: 'split',
      left: tree,
      right: { ...windowOf(output, output.length, height, title), tone: 'muted' },
    };
  }
  const title =
    mode.view === 'evidence' ? 'what the gate has seen' : mode.search === '' ? 'output' : undefined;
  return {
    kind: 'split',
    left: { ...tree, selected: undefined },
    right: saidWindow(state, mode, height, title),
  };
}

/** The view in which one scrolls by lines; at its end while it follows. */
function saidWindow(
  state: CockpitState,
  mode: Extract<Mode, { kind: 'operation' }>,
  height: number,
  title?: string,
): Pane {
  const scrolled = openedView(state, mode);
  return windowOf(scrolled, mode.follow ? scrolled.length : mode.offset, height, title);
}

/** The tree around its selected branch. */
function treeWindow(
  state: CockpitState,
  mode: Extract<Mode, { kind: 'operation' }>,
  columns: number,
  height: number,
): Pane {
  const { title, tone, length, line, at } = treeView(state, mode, columns);
  const { lines, where, selected } = listedRows(length, at, height, line);
  return {
    title: `${title}${where}`,
    tone,
    lines,
    selected: state.opened === undefined ? undefined : selected,
  };
}

/** So many lines of a text from one on, with a title that says which. */
function windowOf(
  body: Scrolled,
  from: number,
  height: number,
  title = body.title,
): { title: string; tone: Tone; lines: Line[] } {
  const offset = Math.min(from, Math.max(0, body.length - height));
  const count = Math.min(height, body.length - offset);
  const where = body.length > height ? `  ${offset + 1}-${offset + count} of ${body.length}` : '';
  return {
    title: `${title}${where}`,
    tone: body.tone,
    lines: Array.from({ length: count }, (_, index) => body.line(offset + index)),
  };
}
