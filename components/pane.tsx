import { Box } from 'ink';
import type { ReactNode } from 'react';
import type { Tone } from '../src/view/cell.ts';
import { fit, width } from '../src/view/format.ts';
import { filled, segment, type Line } from '../src/cockpit/view-models/line.ts';
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
      <Box flexDirection="column" height={height} overflowY="hidden">
        {children}
      </Box>
    </Box>
  );
}

interface TextPaneProps {
  pane: { title: string; tone: Tone; lines: readonly Line[]; selected?: number | undefined };
  columns: number;
  height: number;
}

/** A pane of lines, one of which may be selected. */
export function TextPane({ pane: { title, tone, lines, selected }, columns, height }: TextPaneProps) {
  return (
    <Pane title={title} tone={tone} columns={columns} height={height}>
      {lines.map((line, index) => (
        <StyledLine
          key={index}
          line={index === selected ? filled(line, columns) : line}
          selected={index === selected}
        />
      ))}
    </Pane>
  );
}
