import { Text } from 'ink';
import { memo } from 'react';
import { joined, lineWidth, signature, type Line } from '../src/cockpit/view-models/line.ts';
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
    const { tones, selection, keepsTones } = useTheme();
    return (
      <Text wrap="truncate" {...(selected ? selection : {})}>
        {lineWidth(line) === 0 ? ' ' : ''}
        {joined(line).map((segment, index) => (
          <Text
            key={index}
            {...(selected && !keepsTones ? {} : tones[segment.tone])}
            {...(segment.bold === true ? { bold: true } : {})}
          >
            {segment.text}
          </Text>
        ))}
      </Text>
    );
  },
  (before, after) => before.selected === after.selected && signature(before.line) === signature(after.line),
);
