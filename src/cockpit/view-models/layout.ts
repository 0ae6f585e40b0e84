import { happenedLine } from '../../view/happened.ts';
import { hostTexts } from '../../view/host.ts';
import { fit, wrapped } from '../../view/format.ts';
import { cutOffText } from '../../view/operation.ts';
import type { CutOff } from '../../operations/cut-off.ts';
import { visibleInstances } from '../arrange.ts';
import { paneOf, type CockpitState } from '../state.ts';

/** The least terminal that the cockpit can be read on. */
export const leastSize = { columns: 60, rows: 15 } as const;

/** From so many columns and rows on, grid and findings stand at the left, detail and operation at the right. */
export const wideSize = { columns: 150, rows: 24 } as const;

/** Lines that are always there: header, notice, keys; and one that is never used: a frame as tall as the terminal scrolls. */
const fixedLines = 4;

/** A screen of so many rows is a small one: what is not the grid gets by with little. */
const smallRows = 30;

export interface Layout {
  columns: number;
  /** Is there room for two halves side by side? */
  wide: boolean;
  /** Columns of the half with the grid, and of the one with the panes: the whole screen where there are no halves. */
  left: number;
  right: number;
  /** Lines of the grid's rows. */
  grid: number;
  /** Lines of the findings, below their title. */
  findings: number;
  /** Lines of what was done lately, below its title; none where there is no room for it. */
  past: number;
  /** Lines of the pane, below its title; of the upper one of two. */
  pane: number;
  /** Lines of the lower pane of two; none where there is but one. */
  beside: number;
  /** Lines of a mode that takes the place of all of them, its title among them. */
  body: number;
}

/**
 * How the screen is shared out: by its size, the number of rows, and whether an operation is looked at; never by what is
 * found, so that nothing jumps when values change.
 */
export function layoutOf(state: CockpitState): Layout {
  const { columns, rows } = state.size;
  const body = Math.max(
    0,
    rows -
      fixedLines -
      (showsHost(state) ? 1 : 0) -
      (happenedWords(state) === undefined ? 0 : 1) -
      hostProblems(state).length,
  );
  const users = Math.max(1, visibleInstances(state).length);
  const operation = paneOf(state.mode) === 'operation';
  // What stands side by side cannot be read out one after the other.
  const wide = columns >= wideSize.columns && rows >= wideSize.rows && state.look.spoken !== true;
  return wide
    ? {
        columns,
        wide,
        ...halves(columns),
        ...wideLines(body, users, state.operation === undefined ? undefined : operation),
        body,
      }
    : { columns, wide, left: columns, right: columns, ...stackedLines(body, users, operation, rows), body };
}

/** The right half is for reading: not wider than a sentence wants, nor narrower than a fact needs. */
function halves(columns: number): Pick<Layout, 'left' | 'right'> {
  const right = Math.max(60, Math.min(96, Math.round(columns * 0.4)));
  return { left: columns - right - 1, right };
}

type Lines = Pick<Layout, 'grid' | 'findings' | 'past' | 'pane' | 'beside'>;

/** One below the other; each of the three has a line for its titles. */
function stackedLines(body: number, users: number, operation: boolean, rows: number): Lines {
  const free = Math.max(3, body - 3);
  const small = rows < smallRows;
  const mostFindings = small ? 3 : 6;
  const leastFindings = small ? Math.min(2, Math.max(1, free - 8)) : 3;
  const leastPane = operation ? Math.floor(free * 0.45) : small ? 5 : 10;
  const grid = Math.max(1, Math.min(users, Math.max(3, free - leastFindings - leastPane)));
  const findings = Math.max(1, Math.min(mostFindings, free - grid - leastPane));
  return { grid, findings, past: 0, pane: Math.max(0, free - grid - findings), beside: 0 };
}

/** So many findings are looked at together; what is below them is for what was done lately. */
const findingsBesidePast = 12;

/** What was done lately is worth a title from so many lines on. */
const leastPast = 4;

/** @param operation Is the operation looked at, rather than the user? Undefined while there is none. */
function wideLines(body: number, users: number, operation: boolean | undefined): Lines {
  const free = Math.max(2, body - 2);
  const grid = Math.max(1, Math.min(users, free - Math.min(8, Math.floor(free / 3))));
  const rest = free - grid;
  const past = rest - findingsBesidePast - 1;
  const beside = operation === undefined ? 0 : Math.floor(free * (operation ? 0.62 : 0.4));
  return {
    grid,
    ...(past < leastPast ? { findings: rest, past: 0 } : { findings: findingsBesidePast, past }),
    // Its title’s line as well, where there is no other pane below it.
    pane: operation === undefined ? free + 1 : free - beside,
    beside,
  };
}

/** From this height on there is a line for what the host's own scripts are about. */
const hostLineRows = 30;

/** Is there a line about the host's own scripts, and anything to say in it? */
export function showsHost({ size, fleet, now }: CockpitState): boolean {
  return size.rows >= hostLineRows && hostTexts(fleet, now.wall).length > 0;
}

/** From this height on there is a line for what happened without the cockpit. */
const happenedRows = 20;

/** What to say of that, where there is anything that tells, and room for it. */
export function happenedWords({ size, happened, now, mode }: CockpitState): string | undefined {
  if (size.rows < happenedRows || happened === undefined || mode.kind === 'happened') return undefined;
  return happenedLine(happened, now.wall);
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
 * What may not be missed in any mode, above everything: what was cut off, first and whole, and that the journal cannot be
 * read or written. What else is wrong is among the findings. Each begins with its sign.
 */
export function hostProblems({ journalProblem, historyProblem, cutOff, size }: CockpitState): string[] {
  return [
    ...cutOffTexts(cutOff, size.columns),
    ...(journalProblem === undefined ? [] : [` ! journal: ${journalProblem}`]),
    ...(historyProblem === undefined ? [] : [` ! history: ${historyProblem}`]),
  ];
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
  const way = cutOff.some(({ undecided }) => undecided)
    ? 'o, then on it m resumes, w rolls back: nothing begins before that'
    : 'c clears up; so does the next operation';
  return [...shown, fit(`${more}${way}`, room)].map((text, index) => `${index === 0 ? ' ! ' : '   '}${text}`);
}
