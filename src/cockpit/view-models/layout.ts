import { hostTexts } from '../../view/host.ts';
import { hostProblemTexts } from '../../view/problems.ts';
import { fit, wrapped } from '../../view/format.ts';
import { cutOffText } from '../../view/operation.ts';
import type { CutOff } from '../../operations/cut-off.ts';
import { visibleInstances } from '../arrange.ts';
import { paneOf, type CockpitState } from '../state.ts';

/** The least terminal that the cockpit can be read on. */
export const leastSize = { columns: 60, rows: 15 } as const;

/** Lines that are always there: header, column titles, rule, notice, keys. */
const fixedLines = 5;

/** The pane never gets fewer lines than this, however many users there are. */
const leastPane = 5;

export interface Layout {
  columns: number;
  /** Lines of the grid's rows. */
  grid: number;
  /** Lines of the pane below it. */
  pane: number;
  /** Lines of a mode that takes the place of both. */
  body: number;
}

/**
 * How the lines are shared out. One line less than the terminal has: a frame as tall as the terminal makes it scroll.
 * The grid takes what it can use, up to a bit over half when the pane has something to tell.
 */
export function layoutOf(state: CockpitState): Layout {
  const { columns, rows } = state.size;
  const body = Math.max(0, rows - 1 - fixedLines - (showsHost(state) ? 1 : 0) - hostProblems(state).length);
  const busy = paneOf(state.mode) === 'operation';
  const most = busy ? Math.floor(body * 0.55) : body - leastPane - 4;
  const grid = Math.max(1, Math.min(visibleInstances(state).length, Math.max(3, most)));
  return { columns, grid, pane: Math.max(0, body - grid), body: body + 2 };
}

/** From this height on there is a line for what the host's own scripts are about. */
const hostLineRows = 30;

/** Is there a line about the host's own scripts, and anything to say in it? */
export function showsHost({ size, fleet, now }: CockpitState): boolean {
  return size.rows >= hostLineRows && hostTexts(fleet, now.wall).length > 0;
}

export function gridHeight(state: CockpitState): number {
  const { kind } = state.mode;
  return kind === 'fleet' || kind === 'filter' ? layoutOf(state).grid : layoutOf(state).body;
}

export function tooSmall(state: CockpitState): boolean {
  return state.size.columns < leastSize.columns || state.size.rows < leastSize.rows;
}

/** What was cut off takes at most so many lines above the grid, and one that says what can be done. */
const cutOffLines = 3;

/**
 * What is wrong with the host as a whole, above the grid: what was cut off first and whole, for nobody may miss it, then
 * the others in at most two lines. Each begins with its sign.
 */
export function hostProblems({
  fleet,
  journalProblem,
  historyProblem,
  cutOff,
  size,
}: CockpitState): string[] {
  const others = [
    ...hostProblemTexts(fleet),
    ...(journalProblem === undefined ? [] : [`journal: ${journalProblem}`]),
    ...(historyProblem === undefined ? [] : [`history: ${historyProblem}`]),
  ].map((text) => ` ! ${text}`);
  const said = cutOffTexts(cutOff, size.columns);
  return others.length <= 2
    ? [...said, ...others]
    : [...said, others[0] ?? '', ` ! … and ${others.length - 1} more (t3-cockpit doctor)`];
}

function cutOffTexts(cutOff: readonly CutOff[], columns: number): string[] {
  const [oldest, ...others] = cutOff;
  if (oldest === undefined) return [];
  const room = columns - 4;
  const lines = wrapped(cutOffText(oldest), room);
  const shown =
    lines.length <= cutOffLines
      ? lines
      : [...lines.slice(0, cutOffLines - 1), fit(lines.slice(cutOffLines - 1).join(' '), room)];
  const more =
    others.length === 0
      ? ''
      : `so were ${others.map(({ operation }) => `${operation.id} (${operation.kind})`).join(', ')}; `;
  return [...shown, fit(`${more}c clears up; so does the next operation`, room)].map(
    (text, index) => `${index === 0 ? ' ! ' : '   '}${text}`,
  );
}
