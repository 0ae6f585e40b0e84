import { plannedText } from '../../view/operation.ts';
import { pad, wrapped } from '../../view/format.ts';
import type { Tone } from '../../view/cell.ts';
import { askingText, wordOf } from '../asking.ts';
import type { CockpitState, Mode } from '../state.ts';
import { clip, segment, type Line } from './line.ts';
import type { Scrolled } from './scrolled.ts';

/** The columns of a step's user and title, and of what it does when that stands beside them. */
const titleColumns = 52;
const roomForWhat = 120;

/** What something would do, before anybody has agreed to it: its steps, whom it leaves out, and what to know. */
export function agreementBody(state: CockpitState, mode: Extract<Mode, { kind: 'plan' }>): Scrolled {
  const { preview, asking } = mode;
  const { columns } = state.size;
  const lines: Line[] =
    preview === undefined
      ? [[segment('  …', 'muted')]]
      : 'refused' in preview
        ? refusedLines(preview.refused, columns)
        : planLines(preview.plan, columns);
  const words = preview !== undefined && 'refused' in preview ? ': not possible' : '';
  return {
    title: `${askingText(asking)}${words}`,
    tone: words === '' ? 'attention' : 'danger',
    length: lines.length,
    line: (index) => lines[index] ?? [],
  };
}

function refusedLines(reason: string, columns: number): Line[] {
  return [
    [],
    ...paragraph(reason, 'danger', columns),
    [],
    ...paragraph('Nothing was changed. Escape goes back.', 'muted', columns),
  ];
}

function planLines(
  plan: Extract<NonNullable<Extract<Mode, { kind: 'plan' }>['preview']>, { plan: unknown }>['plan'],
  columns: number,
): Line[] {
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
  return [...because, ...(because.length > 0 ? [[]] : []), ...steps, ...leftOut, [], ...notes];
}

function paragraph(text: string, tone: Tone, columns: number): Line[] {
  return wrapped(text, columns - 4).map((each) => [segment(`  ${each}`, tone)]);
}

/** The question, at the foot: what has been typed, and what is still missing. */
export function questionLine(mode: Extract<Mode, { kind: 'plan' }>, cursor: string): Line {
  const { preview, typed } = mode;
  if (preview === undefined || 'refused' in preview) return [];
  const word = wordOf(preview);
  const right = word.startsWith(typed);
  return [
    segment(` Type ${word} to go on: `, 'plain', true),
    segment(typed, right ? 'ok' : 'danger', true),
    segment(cursor, 'muted'),
    segment(
      typed === word ? '  enter does it' : right ? '' : '  that is not it; escape: nothing is changed',
      'attention',
    ),
  ];
}
