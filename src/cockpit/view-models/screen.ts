import type { Glyphs } from '../glyphs.ts';
import { paneOf, type CockpitState } from '../state.ts';
import { bodyWindow, type TextBody } from './body.ts';
import { findingsPane } from './findings.ts';
import { keysLine, noticeLine } from './footer.ts';
import { gridModel, type Grid } from './grid.ts';
import { headerLine, hostLine, problemLines } from './header.ts';
import { instancePane, type InstancePane } from './instance.ts';
import { layoutOf, showsHost, type Layout } from './layout.ts';
import type { Line } from './line.ts';
import { operationPane, type Pane } from './operation.ts';
import { pastPane } from './past.ts';

type PaneModel = { kind: 'instance'; model: InstancePane } | { kind: 'operation'; model: Pane };

/** The fleet's own screen. `beside`: the lower pane of the right half, where there are halves. */
export interface FleetBody {
  kind: 'fleet';
  grid: Grid;
  findings: Pane;
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
    problems: [...(showsHost(state) ? [hostLine(state)] : []), ...problemLines(state)],
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
    pane: paneModel(state, showsOperation, layout, glyphs),
    beside: layout.wide ? besideModel(state, layout, glyphs) : undefined,
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

/** The operation that runs, or that has run; else what was done before this cockpit was opened. */
function besideModel(state: CockpitState, { beside, right }: Layout, glyphs: Glyphs): Pane {
  return state.operation === undefined
    ? pastPane(state, right, beside)
    : operationPane(state.operation, state, right, beside, glyphs);
}
