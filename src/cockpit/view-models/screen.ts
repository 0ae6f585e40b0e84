import type { Glyphs } from '../glyphs.ts';
import { paneOf, type CockpitState } from '../state.ts';
import { bodyWindow, type TextBody } from './body.ts';
import { findingsPane } from './findings.ts';
import { happenedAbove } from './happened.ts';
import { keysLine, noticeLine } from './footer.ts';
import { gridModel, type Grid } from './grid.ts';
import { headerLine, hostLine, problemLines } from './header.ts';
import { instancePane, type InstancePane } from './instance.ts';
import { layoutOf, showsHost, type Layout } from './layout.ts';
import type { Line } from './line.ts';
import { operationPane, type Pane } from './operation.ts';
import { pastPane } from './past.ts';

type PaneModel = { kind: 'instance'; model: InstancePane } | { kind: 'operation'; model: Pane };

/** The fleet's own screen. Where there are halves: `past` at the bottom of the left, `beside` of the right one. */
export interface FleetBody {
  kind: 'fleet';
  grid: Grid;
  findings: Pane;
  past: Pane | undefined;
  pane: PaneModel | undefined;
  beside: Pane | undefined;
}

/** A whole frame: nothing is left to decide for the components. */
export interface Screen {
  layout: Layout;
  header: Line;
  problems: Line[];
  body: FleetBody | TextBody;
  notice: Line;
  keys: Line;
}

export function screenModel(state: CockpitState, glyphs: Glyphs): Screen {
  const layout = layoutOf(state);
  return {
    layout,
    header: headerLine(state),
    problems: [
      ...(showsHost(state) ? [hostLine(state)] : []),
      ...problemLines(state),
      ...happenedAbove(state),
    ],
    body: bodyModel(state, layout, glyphs),
    notice: noticeLine(state, glyphs),
    keys: keysLine(state),
  };
}

function bodyModel(state: CockpitState, layout: Layout, glyphs: Glyphs): Screen['body'] {
  const text = bodyWindow(state, glyphs);
  if (text !== undefined) return text;
  const showsOperation = paneOf(state.mode) === 'operation' && !layout.wide;
  return {
    kind: 'fleet',
    grid: gridModel(state, glyphs),
    findings: findingsPane(state, layout.left, layout.findings, glyphs),
    past: layout.past === 0 ? undefined : pastPane(state, layout.left, layout.past),
    pane: paneModel(state, showsOperation, layout, glyphs),
    beside:
      layout.beside === 0 || state.operation === undefined
        ? undefined
        : operationPane(state.operation, state, layout.right, layout.beside, glyphs),
  };
}

function paneModel(
  state: CockpitState,
  showsOperation: boolean,
  { pane, right }: Layout,
  glyphs: Glyphs,
): PaneModel | undefined {
  if (showsOperation && state.operation !== undefined)
    return { kind: 'operation', model: operationPane(state.operation, state, right, pane, glyphs) };
  const instance = state.fleet.instances.find((each) => each.user === state.selected);
  return instance === undefined
    ? undefined
    : { kind: 'instance', model: instancePane(instance, state, right, pane) };
}
