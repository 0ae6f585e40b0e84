import type { Tone } from '../../view/cell.ts';
import type { Line } from './line.ts';

/** A text that takes the place of grid and pane, of which only the lines in the window are made. */
export interface Scrolled {
  title: string;
  tone: Tone;
  length: number;
  line: (index: number) => Line;
}
