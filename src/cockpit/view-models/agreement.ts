import { plannedText } from '../../view/operation.ts';
import {
  overviewColumns,
  overviewRight,
  overviewRows,
  pinDiff,
  spaceText,
  type OverviewCell,
} from '../../view/overview.ts';
import type { Plan } from '../../operations/plan.ts';
import { clockText, pad, width, wrapped } from '../../view/format.ts';
import type { Tone } from '../../view/cell.ts';
import { windowFor } from '../later.ts';
import { askingText, wordOf, type Asking } from '../asking.ts';
import type { CockpitState, Mode } from '../state.ts';
import { clip, segment, type Line } from './line.ts';
import type { Scrolled } from './scrolled.ts';

/** The columns of a step's user and title, and of what it does when that stands beside them. */
const titleColumns = 52;
const roomForWhat = 120;

/** A column of the overview is not wider than this: nightlies have long names, and so may users. */
const widest = 48;

/** What something would do, before anybody has agreed to it: its steps, whom it leaves out, and what to know. */
export function agreementBody(state: CockpitState, mode: Extract<Mode, { kind: 'plan' }>): Scrolled {
  const { preview, asking } = mode;
  const { columns } = state.size;
  const lines: Line[] =
    preview === undefined
      ? [[segment('  …', 'muted')]]
      : 'refused' in preview
        ? refusedLines(preview.refused, columns)
        : [...laterLines(asking, state), ...planLines(preview.plan, columns)];
  const words = preview !== undefined && 'refused' in preview ? ': not possible' : '';
  return {
    title: `${askingText(asking)}${words}`,
    tone: words === '' ? 'attention' : 'danger',
    length: lines.length,
    line: (index) => lines[index] ?? [],
  };
}

/** The plan of what is done later speaks as if it were done now. */
function laterLines(asking: Asking, { now, size }: CockpitState): Line[] {
  if (asking.kind !== 'schedule') return [];
  const found = windowFor(asking.when, now.wall);
  const when =
    'problem' in found
      ? asking.when
      : `${clockText(found.window.begins, now.wall)} to ${clockText(found.window.ends, found.window.begins)}`;
  return [...paragraph(`Not now, but from ${when}: “now” below is then.`, 'attention', size.columns), []];
}

function refusedLines(reason: string, columns: number): Line[] {
  return [
    [],
    ...paragraph(reason, 'danger', columns),
    [],
    ...paragraph('Nothing was changed. Escape goes back.', 'muted', columns),
  ];
}

function planLines(plan: Plan, columns: number): Line[] {
  const because = (plan.consent?.because ?? []).flatMap((words) => paragraph(words, 'danger', columns));
  const steps = plan.lanes.flatMap(({ user, steps: each }) =>
    each.flatMap((step): Line[] => {
      const head = segment(`  ${pad(step.user ?? user ?? '', 12, 'left', 'middle')} ${step.title}`, 'plain');
      const what = plannedText(step);
      return columns >= roomForWhat
        ? [
            clip(
              [{ ...head, text: pad(head.text, titleColumns + 15) }, segment(` ${what}`, 'muted')],
              columns,
            ),
          ]
        : [clip([head], columns)];
    }),
  );
  const leftOut = plan.leftOut.flatMap(({ user, reason }) =>
    paragraph(`left out: ${user}: ${reason}`, 'attention', columns),
  );
  const notes = plan.notes.flatMap((note) => paragraph(note, 'muted', columns));
  const blank = (lines: readonly Line[]): Line[] => (lines.length > 0 ? [[]] : []);
  const overview = overviewLines(plan, columns);
  // What there is to know comes first: nobody scrolls through all the steps of a fleet before they type a word.
  return [
    ...because,
    ...blank(because),
    ...overview,
    ...blank(overview),
    ...notes,
    ...leftOut,
    ...blank([...notes, ...leftOut]),
    ...steps,
  ];
}

/** Whom a move of versions is about, what becomes of the pins, and what it takes; nothing where no versions move. */
function overviewLines(plan: Plan, columns: number): Line[] {
  if (plan.overview === undefined) return [];
  const rows = overviewRows(plan.overview);
  const head = overviewColumns.map((text): OverviewCell => ({ text, tone: 'muted' }));
  const widths = overviewColumns.map((_, index) =>
    Math.min(widest, Math.max(...[head, ...rows].map((row) => width(row[index]?.text ?? '')))),
  );
  const line = (row: readonly OverviewCell[]): Line =>
    clip(
      row.map(({ text, tone }, index) =>
        segment(
          // The last one says why, and may need all the room that there is.
          `  ${index === row.length - 1 ? text : pad(text, widths[index] ?? 0, overviewRight.includes(index) ? 'right' : 'left', 'middle')}`,
          tone,
        ),
      ),
      columns,
    );
  const space = spaceText(plan.overview);
  return [
    ...[head, ...rows].map(line),
    [],
    ...pinDiff(plan).map(({ text, tone }) => clip([segment(`  ${text}`, tone)], columns)),
    ...paragraph(space.text, space.tone, columns),
  ];
}

function paragraph(text: string, tone: Tone, columns: number): Line[] {
  return wrapped(text, columns - 4).map((each) => [segment(`  ${each}`, tone)]);
}

/**
 * The question, at the foot: what has been typed, and what is still missing.
 *
 * @param notice Said beside it: a question that is out of sight is not asked.
 */
export function questionLine(
  mode: Extract<Mode, { kind: 'plan' }>,
  cursor: string,
  notice: CockpitState['notice'] = undefined,
): Line {
  const { preview, typed } = mode;
  if (preview === undefined || 'refused' in preview) return [];
  const word = wordOf(preview);
  const right = word.startsWith(typed);
  return [
    segment(` Type ${word} to go on: `, 'plain', true),
    segment(typed, right ? 'ok' : 'danger', true),
    segment(cursor, 'muted'),
    ...(notice === undefined
      ? [
          segment(
            typed === word ? '  enter does it' : right ? '' : '  that is not it; escape: nothing is changed',
            'attention',
          ),
        ]
      : [segment(`  ${notice.text}`, notice.tone)]),
  ];
}
