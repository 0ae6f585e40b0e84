import { Box, Text } from 'ink';
import { Table } from 'ink-table';
import type { ReactNode } from 'react';
import type { InstancePane as Model } from '../src/cockpit/view-models/instance.ts';
import { Pane } from './pane.tsx';
import { StyledLine } from './styled-line.tsx';
import { useTheme } from './theme.tsx';

const Plain = ({ children }: { children?: ReactNode }) => <Text>{children}</Text>;
const Muted = ({ children }: { children?: ReactNode }) => <Text dimColor>{children}</Text>;

/** The table's own lines, in signs that the terminal has. */
function Lines({ children }: { children?: ReactNode }) {
  const { glyphs } = useTheme();
  return <Text dimColor>{typeof children === 'string' ? glyphs.box(children) : children}</Text>;
}

/** What is known of the selected instance, and its newest snapshots. */
export function InstancePane({ pane, columns, height }: { pane: Model; columns: number; height: number }) {
  return (
    <Pane title={pane.title} columns={columns} height={height}>
      {pane.lines.map((line, index) => (
        <StyledLine key={index} line={line} />
      ))}
      {pane.snapshots.length === 0 ? null : (
        <Box flexDirection="column" marginLeft={1}>
          <Table data={pane.snapshots} header={Muted} cell={Plain} skeleton={Lines} />
        </Box>
      )}
    </Pane>
  );
}
