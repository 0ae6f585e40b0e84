import { Text } from 'ink';
import { leastSize } from '../src/cockpit/view-models/layout.ts';

/** Said instead of a screen that could be misread. */
export function TooSmall({ size }: { size: { columns: number; rows: number } }) {
  return (
    <Text>
      t3-cockpit needs {leastSize.columns}x{leastSize.rows}; this terminal is {size.columns}x{size.rows}. q
      quits.
    </Text>
  );
}
