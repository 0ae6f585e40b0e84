import { Box } from 'ink';
import { segment } from '../src/cockpit/view-models/line.ts';
import { StyledLine } from './styled-line.tsx';
import { useTheme } from './theme.tsx';

/** The line between two halves. */
export function Divider({ height }: { height: number }) {
  const { glyphs } = useTheme();
  return (
    <Box flexDirection="column" width={1}>
      {Array.from({ length: height }, (_, row) => (
        <StyledLine key={row} line={[segment(glyphs.divider, 'muted')]} />
      ))}
    </Box>
  );
}
