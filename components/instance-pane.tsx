import { Box, Text } from 'ink';
import { Table } from 'ink-table';
import type { ReactNode } from 'react';
import type { InstancePane as Model } from '../src/cockpit/view-models/instance.ts';
import type { Glyphs } from '../src/cockpit/glyphs.ts';
import { Pane } from './pane.tsx';
import { StyledLine } from './styled-line.tsx';
import { useTheme } from './theme.tsx';

function Plain({ children }: { children?: ReactNode }) {
  const { glyphs } = useTheme();
  return <Text>{drawn(children, glyphs)}</Text>;
}

function Muted({ children }: { children?: ReactNode }) {
  const { tones, glyphs } = useTheme();
  return <Text {...tones.muted}>{drawn(children, glyphs)}</Text>;
}

const drawn = (children: ReactNode, glyphs: Glyphs): ReactNode =>
  typeof children === 'string' ? glyphs.text(children) : children;

/** No lines between rows and columns: they take as much room again as what they divide. */
const NoLines = () => null;

/** What is known of the selected instance, and its newest snapshots. */
export function InstancePane({ pane, columns, height }: { pane: Model; columns: number; height: number }) {
  return (
    <Pane title={pane.title} columns={columns} height={height}>
      {pane.lines.map((line, index) => (
        <StyledLine key={index} line={line} />
      ))}
      {pane.snapshots.length === 0 ? null : (
        <Box flexDirection="column" marginTop={1}>
          <Table data={pane.snapshots} header={Muted} cell={Plain} skeleton={NoLines} />
        </Box>
      )}
    </Pane>
  );
}
