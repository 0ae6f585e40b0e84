import { Box } from 'ink';
import type { Grid as GridModel } from '../src/cockpit/view-models/grid.ts';
import { StyledLine } from './styled-line.tsx';

/** The fleet grid: titles, and the rows of the window. */
export function Grid({ grid, height }: { grid: GridModel; height: number }) {
  return (
    <Box flexDirection="column">
      <StyledLine line={grid.titles} />
      <Box flexDirection="column" height={height} overflowY="hidden">
        {grid.rows.map((row) => (
          <StyledLine key={row.user} line={row.line} selected={row.selected} />
        ))}
      </Box>
    </Box>
  );
}
