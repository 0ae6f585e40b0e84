import { Box } from 'ink';
import type { FleetBody, Screen as Model } from '../src/cockpit/view-models/screen.ts';
import type { Pane } from '../src/cockpit/view-models/operation.ts';
import type { Layout } from '../src/cockpit/view-models/layout.ts';
import { Divider } from './divider.tsx';
import { Grid } from './grid.tsx';
import { InstancePane } from './instance-pane.tsx';
import { TextPane } from './pane.tsx';
import { StyledLine } from './styled-line.tsx';

/** The frame: header, body, what was last said, keys. */
export function Screen({ screen }: { screen: Model }) {
  const { body, layout } = screen;
  return (
    <Box flexDirection="column">
      <StyledLine line={screen.header} />
      {screen.problems.map((line, index) => (
        <StyledLine key={index} line={line} />
      ))}
      {body.kind === 'text' ? (
        <TextPane pane={body} columns={layout.columns} height={layout.body - 1} />
      ) : body.kind === 'split' ? (
        <Split left={body.left} right={body.right} layout={layout} />
      ) : layout.wide ? (
        <Halves body={body} layout={layout} />
      ) : (
        <Stacked body={body} layout={layout} />
      )}
      <StyledLine line={screen.notice} />
      <StyledLine line={screen.keys} />
    </Box>
  );
}

/** On a narrow screen, one below the other: the grid, what is found, and one pane. */
function Stacked({ body, layout }: { body: FleetBody; layout: Layout }) {
  return (
    <Box flexDirection="column">
      <Left body={body} layout={layout} />
      <FleetPane body={body} layout={layout} />
    </Box>
  );
}

/** On a wide one, side by side: whom it is about at the left, everything about them at the right. */
function Halves({ body, layout }: { body: FleetBody; layout: Layout }) {
  const { left, right, beside } = layout;
  return (
    <Box>
      <Box flexDirection="column" width={left}>
        <Left body={body} layout={layout} />
      </Box>
      <Divider height={layout.body} />
      <Box flexDirection="column" width={right}>
        <FleetPane body={body} layout={layout} />
        {body.beside === undefined ? null : <TextPane pane={body.beside} columns={right} height={beside} />}
      </Box>
    </Box>
  );
}

/** Two texts side by side. */
function Split({ left, right, layout }: { left: Pane; right: Pane; layout: Layout }) {
  return (
    <Box>
      <Box flexDirection="column" width={layout.left}>
        <TextPane pane={left} columns={layout.left} height={layout.body - 1} />
      </Box>
      <Divider height={layout.body} />
      <Box flexDirection="column" width={layout.right}>
        <TextPane pane={right} columns={layout.right} height={layout.body - 1} />
      </Box>
    </Box>
  );
}

function Left({ body, layout: { left, grid, findings, past } }: { body: FleetBody; layout: Layout }) {
  return (
    <Box flexDirection="column">
      <Grid grid={body.grid} height={grid} />
      <TextPane pane={body.findings} columns={left} height={findings} />
      {body.past === undefined ? null : <TextPane pane={body.past} columns={left} height={past} />}
    </Box>
  );
}

function FleetPane({ body: { pane }, layout: { right, pane: height } }: { body: FleetBody; layout: Layout }) {
  return pane?.kind === 'instance' ? (
    <InstancePane pane={pane.model} columns={right} height={height} />
  ) : (
    <TextPane pane={pane?.model ?? { title: '', tone: 'plain', lines: [] }} columns={right} height={height} />
  );
}
