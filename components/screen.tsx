import { Box } from 'ink';
import type { Screen as Model } from '../src/cockpit/view-models/screen.ts';
import { Grid } from './grid.tsx';
import { InstancePane } from './instance-pane.tsx';
import { Pane } from './pane.tsx';
import { StyledLine } from './styled-line.tsx';

/** The frame: header, body, what was last said, keys. */
export function Screen({ screen }: { screen: Model }) {
  return (
    <Box flexDirection="column">
      <StyledLine line={screen.header} />
      {screen.problems.map((line, index) => (
        <StyledLine key={index} line={line} />
      ))}
      <Body screen={screen} />
      <StyledLine line={screen.notice} />
      <StyledLine line={screen.keys} />
    </Box>
  );
}

function Body({ screen: { body, layout } }: { screen: Model }) {
  if (body.kind === 'text') {
    return (
      <Pane title={body.title} tone={body.tone} columns={layout.columns} height={layout.body - 1}>
        {body.lines.map((line, index) => (
          <StyledLine key={index} line={line} />
        ))}
      </Pane>
    );
  }
  return (
    <Box flexDirection="column">
      <Grid grid={body.grid} height={layout.grid} />
      <LowerPane pane={body.pane} layout={layout} />
    </Box>
  );
}

function LowerPane({
  pane,
  layout,
}: {
  pane: Extract<Model['body'], { kind: 'fleet' }>['pane'];
  layout: Model['layout'];
}) {
  if (pane === undefined) return <Pane title="" columns={layout.columns} height={layout.pane} />;
  if (pane.kind === 'instance')
    return <InstancePane pane={pane.model} columns={layout.columns} height={layout.pane} />;
  return (
    <Pane title={pane.model.title} tone={pane.model.tone} columns={layout.columns} height={layout.pane}>
      {pane.model.lines.map((line, index) => (
        <StyledLine key={index} line={line} />
      ))}
    </Pane>
  );
}
