import type { Glyphs } from '../glyphs.ts';
import type { Tone } from '../../view/cell.ts';
import { paneOf, type CockpitState } from '../state.ts';
import { bodyWindow } from './body.ts';
import { keysLine, noticeLine } from './footer.ts';
import { gridModel, type Grid } from './grid.ts';
import { headerLine, hostLine, problemLines } from './header.ts';
import { instancePane, type InstancePane } from './instance.ts';
import { layoutOf, showsHost, type Layout } from './layout.ts';
import type { Line } from './line.ts';
import { operationPane, type Pane } from './operation.ts';

/** A whole frame: nothing is left to decide for the components. */
export interface Screen {
  layout: Layout;
  header: Line;
  problems: Line[];
  body:
    | {
        kind: 'fleet';
        grid: Grid;
        pane: { kind: 'instance'; model: InstancePane } | { kind: 'operation'; model: Pane } | undefined;
      }
    | { kind: 'text'; title: string; tone: Tone; lines: Line[] };
  notice: Line;
  keys: Line;
}

export function screenModel(state: CockpitState, glyphs: Glyphs): Screen {
  const layout = layoutOf(state);
  return {
    layout,
    header: headerLine(state),
    problems: [...(showsHost(state) ? [hostLine(state)] : []), ...problemLines(state)],
    body: bodyModel(state, layout, glyphs),
    notice: noticeLine(state, glyphs),
    keys: keysLine(state),
  };
}

function bodyModel(state: CockpitState, layout: Layout, glyphs: Glyphs): Screen['body'] {
  const text = bodyWindow(state, glyphs);
  return text === undefined
    ? {
        kind: 'fleet',
        grid: gridModel(state, glyphs),
        pane: paneModel(state, paneOf(state.mode), layout.pane, glyphs),
      }
    : { kind: 'text', ...text };
}

function paneModel(
  state: CockpitState,
  pane: 'instance' | 'operation',
  height: number,
  glyphs: Glyphs,
): { kind: 'instance'; model: InstancePane } | { kind: 'operation'; model: Pane } | undefined {
  if (pane === 'operation' && state.operation !== undefined) {
    return { kind: 'operation', model: operationPane(state.operation, state, height, glyphs) };
  }
  const instance = state.fleet.instances.find((each) => each.user === state.selected);
  return instance === undefined
    ? undefined
    : { kind: 'instance', model: instancePane(instance, state, height) };
}
