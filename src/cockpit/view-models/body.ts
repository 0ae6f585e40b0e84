import type { Tone } from '../../view/cell.ts';
import type { CockpitState } from '../state.ts';
import { agreementBody } from './agreement.ts';
import { detailBody } from './detail.ts';
import { findingsBody } from './findings.ts';
import { helpBody } from './help.ts';
import type { Glyphs } from '../glyphs.ts';
import { operationsBody } from './operations.ts';
import { pickerBody } from './picker.ts';
import { layoutOf } from './layout.ts';
import type { Line } from './line.ts';
import { reportBody } from './report.ts';
import type { Scrolled } from './scrolled.ts';
import { versionsBody } from './versions.ts';

/** What is scrolled through in this mode; undefined where the grid is. */
export function bodyOf(state: CockpitState): Scrolled | undefined {
  switch (state.mode.kind) {
    case 'fleet':
    case 'filter':
      return undefined;
    case 'help':
      return helpBody(state);
    case 'detail':
      return detailBody(state);
    case 'report':
      return reportBody(state);
    case 'plan':
      return agreementBody(state, state.mode);
    case 'pick':
    case 'versions':
    case 'operations':
    case 'findings':
      // Lists of their own: what is in the window follows the selected row.
      return undefined;
  }
}

export const lengthOf = (state: CockpitState): number => bodyOf(state)?.length ?? 0;

/** Lines of a body in the window, below its title. */
export const bodyHeight = (state: CockpitState): number => Math.max(1, layoutOf(state).body - 1);

/** The lines in the window. */
export function bodyWindow(
  state: CockpitState,
  glyphs: Glyphs,
): { title: string; tone: Tone; lines: Line[]; selected?: number | undefined } | undefined {
  if (state.mode.kind === 'findings') return findingsBody(state, state.mode, bodyHeight(state), glyphs);
  if (state.mode.kind === 'pick') return pickerBody(state, state.mode, bodyHeight(state), glyphs);
  if (state.mode.kind === 'versions') return versionsBody(state, state.mode, bodyHeight(state), glyphs);
  if (state.mode.kind === 'operations') return operationsBody(state, state.mode, bodyHeight(state), glyphs);
  const body = bodyOf(state);
  if (body === undefined) return undefined;
  const height = bodyHeight(state);
  const wanted = 'offset' in state.mode ? state.mode.offset : 0;
  const offset = Math.min(wanted, Math.max(0, body.length - height));
  const count = Math.min(height, body.length - offset);
  const where = body.length > height ? `  ${offset + 1}-${offset + count} of ${body.length}` : '';
  return {
    title: `${body.title}${where}`,
    tone: body.tone,
    lines: Array.from({ length: count }, (_, index) => body.line(offset + index)),
  };
}
