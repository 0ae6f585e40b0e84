import chalk from 'chalk';
import { Box, Text, Transform, useIsScreenReaderEnabled } from 'ink';
import { memo } from 'react';
import {
  joined,
  lineWidth,
  signature,
  spokenText,
  trimmed,
  type Line,
  type Segment,
} from '../src/cockpit/view-models/line.ts';
import { useTheme } from './theme.tsx';

interface StyledLineProps {
  line: Line;
  selected?: boolean;
}

/**
 * One line of the screen. Drawn again only when it looks different: of a thousand rows, a second changes a few
 * (measured, docs/architecture.md). The selected line is one bar.
 */
export const StyledLine = memo(
  function StyledLine({ line, selected = false }: StyledLineProps) {
    const { paint, keepsTones, glyphs } = useTheme();
    if (useIsScreenReaderEnabled())
      return <SpokenLine text={glyphs.text(spokenText(line))} selected={selected} />;
    const toned = ({ text, tone, bold }: Segment) => {
      const style = selected && !keepsTones ? undefined : paint[tone];
      if (bold !== true) return style === undefined ? text : style(text);
      return (style ?? chalk).bold(text);
    };
    const written = (selected ? line : trimmed(line)).map((each) => ({
      ...each,
      text: glyphs.text(each.text),
    }));
    const text = lineWidth(written) === 0 ? ' ' : written.map(({ text: part }) => part).join('');
    const painted = text === ' ' ? text : joined(written).map(toned).join('');
    const whole = selected ? paint.selection(painted) : painted;
    return (
      <Text wrap="truncate">
        {/* What Ink had to cut or clean is shown as it made it, without its colours. */}
        <Transform transform={(shown) => (shown === text ? whole : shown)}>{text}</Transform>
      </Text>
    );
  },
  (before, after) => before.selected === after.selected && signature(before.line) === signature(after.line),
);

/** The same line for a screen reader: words, and nothing where there are none. */
function SpokenLine({ text, selected }: { text: string; selected: boolean }) {
  return text === '' ? null : (
    <Box aria-state={{ selected }}>
      <Text>{text}</Text>
    </Box>
  );
}
