import type { EventRecord, StepRecord } from '../../journal/records.ts';
import type { Tone } from '../../view/cell.ts';
import { eventText } from '../../view/event.ts';
import { evidenceOf } from '../../view/evidence.ts';
import { broken, durationText, pad, timeText, width, wrapped } from '../../view/format.ts';
import { standingText } from '../../view/operation.ts';
import { durationOf, stepsIn, type Branch } from '../../view/tree.ts';
import { glyphsOf, type Glyphs } from '../glyphs.ts';
import { operationViews, type CockpitState, type Mode, type OpenedOperation } from '../state.ts';
import { clip, segment, type Line } from './line.ts';
import { treeIn, treeRowLine } from './opened-tree.ts';
import type { Scrolled } from './scrolled.ts';

/** One operation wholly, as it runs or as the journal has it: the tree of what it does, what it says, what the gate saw. */

type Opened = Extract<Mode, { kind: 'operation' }>;

const nothing = (mode: Opened): Scrolled => ({
  title: `operation ${mode.id}: ${viewsText(mode)}`,
  tone: 'muted',
  length: 1,
  line: () => [segment(' …', 'muted')],
});

/** Its views, with the one that the keys are for. */
const viewsText = ({ view }: Opened, evidence = false): string =>
  operationViews
    .filter((each) => each !== 'evidence' || evidence)
    .map((each) => (each === view ? `[${each}]` : each))
    .join(' ');

/** How it stands, for the title of whichever view. */
function headOf(opened: OpenedOperation, mode: Opened, wall: number): { title: string; tone: Tone } {
  const { operation, cutOff } = opened;
  const took = durationOf(operation, wall);
  const tone: Tone =
    operation.outcome === 'succeeded' ? 'ok' : operation.outcome === undefined && !cutOff ? 'busy' : 'danger';
  const time = took === undefined ? '' : `, ${durationText(took)}`;
  return {
    title: `operation ${operation.id}: ${viewsText(mode, hasEvidence(opened))} · ${operation.kind}${time}: ${standingText(operation, cutOff)}`,
    tone,
  };
}

/** Phases, users and steps with their states and times. */
export function treeView(state: CockpitState, mode: Opened, columns: number): Scrolled & { at: number } {
  const { opened, now } = state;
  if (opened === undefined) return { ...nothing(mode), at: 0 };
  const tree = treeIn(state, mode);
  return {
    ...headOf(opened, mode, now.wall),
    at: tree.at,
    length: tree.rows.length,
    line: (index) => treeRowLine(state, mode, tree, index, columns),
  };
}

/** An event in lines of a width; of an event they never change. */
const said = new WeakMap<EventRecord, { columns: number; lines: Line[]; text: string }>();

function linesOf(event: EventRecord, steps: readonly StepRecord[], columns: number) {
  const known = said.get(event);
  if (known?.columns === columns) return known;
  const user = event.user === undefined ? '' : `${event.user}  `;
  const text = `${user}${eventText(event, steps)}`;
  const tone: Tone =
    event.level === 'error'
      ? 'danger'
      : event.level === 'warning'
        ? 'attention'
        : event.payload.type === 'command'
          ? 'plain'
          : 'muted';
  const time = ` ${timeText(event.at)}  `;
  const lines = broken(text, Math.max(10, columns - width(time) - 1)).map((part, index): Line => [
    segment(index === 0 ? time : ' '.repeat(width(time)), 'muted'),
    segment(part, tone),
  ]);
  const made = { columns, lines, text: text.toLowerCase() };
  said.set(event, made);
  return made;
}

/**
 * All that it has said, with the exact commands; what is looked for is marked.
 *
 * @param branch Only what this branch of its tree has said.
 */
export function outputView(state: CockpitState, mode: Opened, columns: number, branch?: Branch): Scrolled {
  const { opened, now, look } = state;
  if (opened === undefined) return nothing(mode);
  const glyphs = glyphsOf(look);
  const wanted = mode.search.toLowerCase();
  const steps = branch === undefined ? undefined : new Set(stepsIn(branch).map(({ id }) => id));
  const events =
    steps === undefined
      ? opened.events
      : opened.events.filter(({ step }) => step !== undefined && steps.has(step));
  const before: Line[] =
    opened.missed > 0
      ? [[segment(` ${opened.missed} earlier events: t3-cockpit operations ${mode.id} --report`, 'muted')]]
      : [];
  const parts = events.map((event) => linesOf(event, opened.steps, columns));
  const starts: number[] = [];
  let length = before.length;
  for (const { lines } of parts) {
    starts.push(length);
    length += lines.length;
  }
  const matches = wanted === '' ? 0 : parts.filter(({ text }) => text.includes(wanted)).length;
  const head = headOf(opened, mode, now.wall);
  return {
    title: wanted === '' ? head.title : `${matches} of ${parts.length} events with "${mode.search}"`,
    tone: wanted === '' ? head.tone : matches === 0 ? 'attention' : 'plain',
    length,
    line(index) {
      if (index < before.length) return before[index] ?? [];
      const at = placeIn(starts, index);
      const part = parts[at];
      const line = part?.lines[index - (starts[at] ?? 0)] ?? [];
      return part !== undefined && wanted !== '' && part.text.includes(wanted) ? marked(line, glyphs) : line;
    },
  };
}

/** The last of ascending numbers that is not above this one. */
function placeIn(starts: readonly number[], index: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= index) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Marked by a sign as well: colour alone carries no meaning. */
function marked(line: Line, glyphs: Glyphs): Line {
  const [first, ...rest] = line;
  if (first === undefined) return line;
  return [
    segment(glyphs.pointer, 'attention', true),
    { ...first, text: first.text.slice(1) },
    ...rest.map((each) => segment(each.text, 'attention', true)),
  ];
}

/** The lines at which an event begins that has what is looked for. */
export function matchesIn(state: CockpitState, mode: Opened, columns: number): number[] {
  const { opened } = state;
  const wanted = mode.search.toLowerCase();
  if (opened === undefined || wanted === '') return [];
  const found: number[] = [];
  let at = opened.missed > 0 ? 1 : 0;
  for (const event of opened.events) {
    const { lines, text } = linesOf(event, opened.steps, columns);
    if (text.includes(wanted)) found.push(at);
    at += lines.length;
  }
  return found;
}

/** What the gate has seen, trial by trial. */
export function evidenceView(state: CockpitState, mode: Opened, columns: number): Scrolled {
  const { opened } = state;
  if (opened === undefined) return nothing(mode);
  const trials = evidenceOf(opened.steps);
  const lines = trials.flatMap(({ title, tone, lines: facts }, index): Line[] => [
    ...(index === 0 ? [] : [[]]),
    clip([segment(` ${title}`, tone, true)], columns),
    ...facts.flatMap(({ name, text, tone: each }) =>
      wrapped(text, Math.max(10, columns - 15)).map((part, at): Line => [
        segment(`   ${pad(at === 0 ? name : '', 11)} `, 'muted'),
        segment(part, each),
      ]),
    ),
  ]);
  return {
    title: `operation ${mode.id}: ${viewsText(mode, true)} · ${trials.length} trials`,
    tone: trials.some(({ tone }) => tone === 'danger') ? 'danger' : 'plain',
    length: lines.length,
    line: (index) => lines[index] ?? [],
  };
}

/** Has it been through the gate? */
export const hasEvidence = (opened: OpenedOperation | undefined): boolean =>
  opened?.steps.some(({ kind }) => kind === 'gate') === true;
