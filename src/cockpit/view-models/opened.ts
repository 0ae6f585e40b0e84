import type { EventRecord, StepRecord, StepState } from '../../journal/records.ts';
import type { Tone } from '../../view/cell.ts';
import { eventText } from '../../view/event.ts';
import { evidenceOf } from '../../view/evidence.ts';
import { broken, durationText, pad, timeText, width, wrapped } from '../../view/format.ts';
import { standingText, stepResultText } from '../../view/operation.ts';
import { durationOf, spanOf, treeOf, walk, type Branch } from '../../view/tree.ts';
import { glyphSets, type Glyphs } from '../glyphs.ts';
import type { CockpitState, Mode, OpenedOperation } from '../state.ts';
import { clip, lineWidth, segment, type Line } from './line.ts';
import { progressText, signOf } from './progress.ts';
import type { Scrolled } from './scrolled.ts';

/** One operation wholly, as it runs or as the journal has it: the tree of what it does, what it says, what the gate saw. */

type Opened = Extract<Mode, { kind: 'operation' }>;

const nothing = (mode: Opened): Scrolled => ({
  title: `operation ${mode.id}`,
  tone: 'muted',
  length: 1,
  line: () => [segment(' …', 'muted')],
});

/** How it stands, for the title of whichever view. */
function headOf(opened: OpenedOperation, wall: number): { title: string; tone: Tone } {
  const { operation, cutOff } = opened;
  const took = durationOf(operation, wall);
  const tone: Tone =
    operation.outcome === 'succeeded' ? 'ok' : operation.outcome === undefined && !cutOff ? 'busy' : 'danger';
  const time = took === undefined ? '' : `, ${durationText(took)}`;
  return {
    title: `operation ${operation.id}: ${operation.kind}${time}: ${standingText(operation, cutOff)}`,
    tone,
  };
}

/** Phases, users and steps with their states and times. */
export function treeView(state: CockpitState, mode: Opened, columns: number): Scrolled {
  const { opened, now, look } = state;
  if (opened === undefined) return nothing(mode);
  const glyphs = glyphSets[look.glyphs];
  const rows = [...walk(treeOf(opened.steps, opened.lanes))];
  const paces = state.operation?.operation.id === mode.id ? state.operation.paces : {};
  return {
    ...headOf(opened, now.wall),
    length: rows.length,
    line(index) {
      const row = rows[index];
      if (row === undefined) return [];
      const progress =
        row.branch.step?.progress === undefined || row.branch.state !== 'started'
          ? undefined
          : progressText(row.branch.step.progress, paces[row.branch.step.id]);
      return treeLine(row.branch, row.follows, progress, now.wall, columns, glyphs);
    },
  };
}

/** Where the tree has to be looked at while it runs: the first step that moves, else what went wrong. */
export function treeFocus(opened: OpenedOperation): number {
  const rows = [...walk(treeOf(opened.steps, opened.lanes))];
  const at = (state: StepState) => rows.findIndex(({ branch }) => branch.step?.state === state);
  const moving = at('started');
  return Math.max(0, moving === -1 ? at('failed') : moving);
}

/** Columns of how long something took, at the right. */
const tookColumns = 9;

function treeLine(
  branch: Branch,
  follows: readonly boolean[],
  progress: string | undefined,
  wall: number,
  columns: number,
  glyphs: Glyphs,
): Line {
  const sign = signOf(branch);
  const glyph = glyphs[sign.glyph];
  const stems = follows
    .map((more, depth) =>
      depth < follows.length - 1
        ? more
          ? `${glyphs.stem} `
          : '  '
        : `${more ? glyphs.branch : glyphs.last}${glyphs.rule}`,
    )
    .join('');
  const span = spanOf(branch, wall);
  const took = pad(span === undefined ? '' : durationText(span), tookColumns, 'right');
  const count =
    branch.branches.length === 0 || branch.state === 'succeeded' ? '' : `  ${branch.done} of ${branch.all}`;
  const words = branch.step === undefined ? '' : (progress ?? stepResultText(branch.step));
  const bad = branch.state === 'failed' || branch.state === 'refused';
  const left = clip(
    [
      segment(` ${stems}`, 'muted'),
      segment(` ${typeof glyph === 'string' ? glyph : ''} `, sign.tone),
      segment(branch.label, labelTone(branch), branch.kind !== 'step'),
      segment(count, 'muted'),
      segment(words === '' ? '' : `  ${words}`, bad ? sign.tone : progress === undefined ? 'muted' : 'busy'),
    ],
    columns - tookColumns - 1,
  );
  const space = Math.max(1, columns - lineWidth(left) - tookColumns);
  return [...left, segment(' '.repeat(space)), segment(took, 'muted')];
}

function labelTone({ state, kind }: Branch): Tone {
  if (state === 'pending') return 'muted';
  if (kind === 'step') return state === 'started' ? 'busy' : 'plain';
  return state === 'started' ? 'busy' : 'plain';
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

/** All that it has said, with the exact commands; what is looked for is marked. */
export function outputView(state: CockpitState, mode: Opened, columns: number): Scrolled {
  const { opened, now, look } = state;
  if (opened === undefined) return nothing(mode);
  const glyphs = glyphSets[look.glyphs];
  const wanted = mode.search.toLowerCase();
  const before: Line[] =
    opened.missed > 0
      ? [[segment(` ${opened.missed} earlier events: t3-cockpit operations ${mode.id} --report`, 'muted')]]
      : [];
  const parts = opened.events.map((event) => linesOf(event, opened.steps, columns));
  const starts: number[] = [];
  let length = before.length;
  for (const { lines } of parts) {
    starts.push(length);
    length += lines.length;
  }
  const matches = wanted === '' ? 0 : parts.filter(({ text }) => text.includes(wanted)).length;
  const head = headOf(opened, now.wall);
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
    title: `operation ${mode.id}: what the gate has seen, ${trials.length} trials`,
    tone: trials.some(({ tone }) => tone === 'danger') ? 'danger' : 'plain',
    length: lines.length,
    line: (index) => lines[index] ?? [],
  };
}

/** Has it been through the gate? */
export const hasEvidence = (opened: OpenedOperation | undefined): boolean =>
  opened?.steps.some(({ kind }) => kind === 'gate') === true;
