import { Box } from 'ink';
import type { ReactNode } from 'react';
import type { Tone } from '../src/view/cell.ts';
import { fit, width } from '../src/view/format.ts';
import { segment } from '../src/cockpit/view-models/line.ts';
import { StyledLine } from './styled-line.tsx';
import { useTheme } from './theme.tsx';

interface PaneProps {
  title: string;
  tone?: Tone;
  columns: number;
  height: number;
  children?: ReactNode;
}

/** A rule with a title, and what stands below it, clipped to its height. */
export function Pane({ title, tone = 'plain', columns, height, children }: PaneProps) {
  const { glyphs } = useTheme();
  const text = fit(title, Math.max(0, columns - 6));
  const rest = Math.max(0, columns - width(text) - 4);
  return (
    <Box flexDirection="column">
      <StyledLine
        line={
          text === ''
            ? [segment(glyphs.rule.repeat(columns), 'muted')]
            : [
                segment(`${glyphs.rule.repeat(2)} `, 'muted'),
                segment(text, tone, true),
                segment(` ${glyphs.rule.repeat(rest)}`, 'muted'),
              ]
        }
      />
      <Box flexDirection="column" height={height} overflow="hidden">
        {children}
      </Box>
    </Box>
  );
}
