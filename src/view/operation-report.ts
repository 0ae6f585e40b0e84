import type { EventRecord, StepRecord } from '../journal/records.ts';
import type { OperationStory, PlannedLane } from '../operations/story.ts';
import { eventText } from './event.ts';
import { evidenceOf } from './evidence.ts';
import { dateText, durationText, pad, width } from './format.ts';
import { standingText, stepResultText, stepStateText } from './operation.ts';
import { durationOf, spanOf, treeOf, walk } from './tree.ts';

/**
 * An operation as plain text, to be pasted into a post-mortem: what was asked, by whom, what became of it, who is left in
 * which state, the gate's evidence, and all that was said. Only what the journal has; times by the admin's clock, with
 * the zone said.
 *
 * @param now Milliseconds since 1970.
 */
export function operationReport(story: OperationStory, now: number): string {
  const { operation, steps, lanes, leftOut, notes, events, missed, cutOff } = story;
  const { actor } = operation;
  const took = durationOf(operation, now);
  const facts: [string, string][] = [
    ['outcome', standingText(operation, cutOff)],
    [
      'asked for',
      `${dateText(operation.requestedAt)} by ${actor.sudoUser === undefined ? actor.user : `${actor.sudoUser} (as ${actor.user})`}, ${actor.surface}`,
    ],
    ['began', operation.startedAt === undefined ? 'never' : dateText(operation.startedAt)],
    ['ended', operation.endedAt === undefined ? 'not yet' : dateText(operation.endedAt)],
    ['took', took === undefined ? '-' : durationText(took)],
    ['times', `${zoneText(operation.requestedAt)}`],
  ];
  const parts = [
    [
      `Operation ${operation.id}: ${operation.kind}`,
      ...facts.map(([name, text]) => `  ${pad(name, 10)} ${text}`),
    ],
    section('Steps', treeLines(steps, lanes, now)),
    section(
      'Left out',
      leftOut.map(({ user, reason }) => `  ${user}: ${reason}`),
    ),
    section(
      'What was known before',
      notes.map((note) => `  ${note}`),
    ),
    ...evidenceOf(steps).map(({ title, lines }) =>
      section(
        `Gate: ${title}`,
        lines.map(({ name, text }) => `  ${pad(name, 10)} ${text}`),
      ),
    ),
    section('What was said', [
      ...(missed > 0 ? [`  (${missed} earlier events are not shown)`] : []),
      ...events.map((event) => eventLine(event, steps)),
    ]),
  ];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [title, ...lines];

/** The tree with its states and times; the words of a step below it, where it has any. */
function treeLines(steps: readonly StepRecord[], lanes: readonly PlannedLane[], now: number): string[] {
  const rows = [...walk(treeOf(steps, lanes))].map(({ branch, follows }) => {
    const span = spanOf(branch, now);
    const words = branch.step === undefined ? '' : stepResultText(branch.step);
    return {
      label: `${'  '.repeat(follows.length)}${branch.label}`,
      state: stepStateText(branch),
      took: span === undefined ? '-' : durationText(span),
      began: branch.startedAt === undefined ? '' : (dateText(branch.startedAt).split(' ')[1] ?? ''),
      words,
    };
  });
  const columns = Math.min(60, Math.max(0, ...rows.map(({ label }) => width(label))));
  return rows.map(({ label, state, took, began, words }) =>
    `${pad(label, columns)}  ${pad(state, 11)}  ${pad(took, 8, 'right')}  ${pad(began, 8)}  ${words}`.trimEnd(),
  );
}

function eventLine(event: EventRecord, steps: readonly StepRecord[]): string {
  const user = event.user === undefined ? '' : `${event.user}  `;
  const level = event.level === 'info' ? '' : `${event.level}: `;
  return `  ${dateText(event.at)}  ${user}${level}${eventText(event, steps)}`;
}

/** The admin's time zone at that moment: a report is read elsewhere, too. */
function zoneText(wall: number): string {
  const minutes = -new Date(wall).getTimezoneOffset();
  const two = (value: number) => String(value).padStart(2, '0');
  const sign = minutes < 0 ? '-' : '+';
  const at = Math.abs(minutes);
  return `UTC${sign}${two(Math.floor(at / 60))}:${two(at % 60)}`;
}
