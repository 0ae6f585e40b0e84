import { printable } from '../../text/printable.ts';
import { fit, pad, width } from '../../view/format.ts';
import type { Cell, Tone } from '../../view/cell.ts';

/** A stretch of a line with one meaning. Its text is printable, for `segment` makes all of them. */
export interface Segment {
  text: string;
  tone: Tone;
  bold?: boolean;
}

/** One line of the screen, never wider than the screen. */
export type Line = readonly Segment[];

export const segment = (text: string, tone: Tone = 'plain', bold = false): Segment => ({
  text: printable(text),
  tone,
  ...(bold ? { bold } : {}),
});

/** A cell in exactly so many columns. */
export function placed(cell: Cell, columns: number, align: 'left' | 'right'): Segment {
  // Names and versions differ least in their middle; a reason, or what is wrong, begins with what matters.
  const where = cell.tone === 'unknown' || cell.tone === 'danger' ? 'end' : 'middle';
  return segment(pad(cell.text, columns, align, where), cell.tone);
}

/** Cut a line off where the screen ends. */
export function clip(line: Line, columns: number): Line {
  const kept: Segment[] = [];
  let left = columns;
  for (const each of line) {
    if (left <= 0) break;
    const text = fit(each.text, left);
    kept.push(text === each.text ? each : { ...each, text });
    left -= width(text);
  }
  return kept;
}

/**
 * Parts at the left edge, and one at the right. What does not fit at the left is left out from the end, part by part;
 * only the first is ever cut.
 */
export function spread(left: readonly Line[], right: Line, columns: number): Line {
  const rightWidth = lineWidth(right);
  const room = Math.max(0, columns - rightWidth - 1);
  const [first = [], ...others] = left;
  const kept = [...clip(first, room)];
  for (const part of others) {
    if (lineWidth(kept) + lineWidth(part) > room) break;
    kept.push(...part);
  }
  return clip(
    [...kept, segment(' '.repeat(Math.max(1, columns - rightWidth - lineWidth(kept)))), ...right],
    columns,
  );
}

/** A line to the edge: the bar of the selected one does not end where its words do. */
export function filled(line: Line, columns: number): Line {
  const rest = columns - lineWidth(line);
  return rest <= 0 ? line : [...line, segment(' '.repeat(rest))];
}

/**
 * The same line in fewer stretches: air is drawn with what stands before it, and neighbours of one meaning together. To
 * draw a stretch costs, however short it is.
 */
export function joined(line: Line): Line {
  const runs: Segment[] = [];
  line.forEach((each) => {
    const last = runs.at(-1);
    const alike = last !== undefined && last.tone === each.tone && last.bold === each.bold;
    if (last !== undefined && (alike || each.text.trim() === ''))
      runs[runs.length - 1] = { ...last, text: last.text + each.text };
    else runs.push(each);
  });
  return runs;
}

/** A line without the air at its end: where it is drawn, whoever copies the line has it in their text. */
export function trimmed(line: Line): Line {
  const end = line.findLastIndex(({ text }) => text.trim() !== '');
  return line
    .slice(0, end + 1)
    .map((each, at) => (at === end ? { ...each, text: each.text.trimEnd() } : each));
}

/** A line as it is read out: what stands in columns, one after the other. */
export function spokenText(line: Line): string {
  return line
    .map(({ text }) => (text.trim() === '…' ? text.replace('…', 'not looked at yet') : text))
    .join('')
    .trim()
    .replaceAll(/ {2,}| · /g, ', ');
}

export function lineWidth(line: Line): number {
  return line.reduce((sum, each) => sum + width(each.text), 0);
}

/** What a line looks like, for telling whether it has to be drawn again. */
export function signature(line: Line): string {
  return line.map((each) => `${each.tone}${each.bold === true ? '!' : ''}\u0001${each.text}`).join('\u0002');
}
