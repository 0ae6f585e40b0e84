import type { StepRecord } from '../../journal/records.ts';
import type { Tone } from '../../view/cell.ts';
import { eventText } from '../../view/event.ts';
import { ageText, bytesText, durationText, pad, timeText } from '../../view/format.ts';
import { standingText, stepResultText, stepStateText } from '../../view/operation.ts';
import type { Glyphs } from '../glyphs.ts';
import type { CockpitState, Pace, ShownOperation } from '../state.ts';
import { clip, segment, type Line } from './line.ts';
import { paceText, signOf } from './progress.ts';

const barColumns = 20;

export interface Pane {
  title: string;
  tone: Tone;
  lines: Line[];
  /** Which of the lines is selected, where one is. */
  selected?: number | undefined;
}

/** The operation: a line a step with its progress, then the newest of what it said. */
export function operationPane(
  shown: ShownOperation,
  state: CockpitState,
  columns: number,
  height: number,
  glyphs: Glyphs,
): Pane {
  const steps = visibleSteps(shown.steps, Math.max(1, height - 2));
  const named = new Set(shown.steps.map(({ user }) => user)).size < shown.steps.length;
  const hidden = shown.steps.length - steps.length;
  const lines: Line[] = [
    ...steps.map((step) =>
      clip(stepLine(step, named, state.now.wall, glyphs, shown.paces[step.id]), columns),
    ),
    ...(hidden > 0
      ? [clip([segment(`   … ${hidden} more: ${countText(shown.steps)}`, 'muted')], columns)]
      : []),
  ];
  const room = Math.max(0, height - lines.length);
  const told = shown.events.slice(-room).map((event): Line => {
    const user = event.user === undefined ? '' : `${event.user}  `;
    const tone: Tone = event.level === 'error' ? 'danger' : event.level === 'warning' ? 'attention' : 'muted';
    return clip(
      [
        segment(` ${timeText(event.at)}  `, 'muted'),
        segment(`${user}${eventText(event, shown.steps)}`, tone),
      ],
      columns,
    );
  });
  const { operation, cutOff } = shown;
  return {
    title: `operation ${operation.id}: ${operation.kind}: ${standingText(operation, cutOff)}`,
    tone:
      operation.outcome === 'succeeded'
        ? 'ok'
        : operation.outcome === undefined && !cutOff
          ? 'busy'
          : 'danger',
    lines: [...lines, ...told],
  };
}

/** When not all fit: what moves first, then what went wrong, then what waits, then what is done. */
function visibleSteps(steps: readonly StepRecord[], height: number): readonly StepRecord[] {
  if (steps.length <= height) return steps;
  const urgency: Record<StepRecord['state'], number> = {
    started: 0,
    failed: 1,
    refused: 1,
    interrupted: 2,
    undone: 2,
    pending: 3,
    succeeded: 4,
  };
  const urgencyOf = (step: StepRecord) =>
    step.state === 'interrupted' && step.startedAt === undefined ? urgency.pending : urgency[step.state];
  const chosen = new Set(
    [...steps].sort((a, b) => urgencyOf(a) - urgencyOf(b)).slice(0, Math.max(1, height - 1)),
  );
  return steps.filter((step) => chosen.has(step));
}

function countText(steps: readonly StepRecord[]): string {
  const done = steps.filter((step) => step.state === 'succeeded').length;
  return `${done} of ${steps.length} done`;
}

/** @param named Say which step it is: there are several of one user. */
function stepLine(
  step: StepRecord,
  named: boolean,
  wall: number,
  glyphs: Glyphs,
  pace: Pace | undefined,
): Line {
  const sign = signOf(step);
  const head: Line = [
    segment(` ${glyphs[sign.glyph]} `, sign.tone),
    segment(pad(step.user ?? '', 12, 'left', 'middle')),
    segment(' '),
  ];
  switch (step.state) {
    case 'pending':
      return [...head, segment(`${step.title}: waiting`, 'muted')];
    case 'started':
      return [...head, ...progressSegments(step, wall, glyphs, pace)];
    case 'succeeded': {
      const took =
        step.startedAt === undefined || step.endedAt === undefined
          ? ''
          : ` in ${durationText(step.endedAt - step.startedAt)}`;
      const words = named
        ? `${step.title}${took === '' ? '' : took.replace(' in', ':')}`
        : `${step.state}${took}`;
      return [...head, segment(words, 'ok'), segment(`  ${stepResultText(step)}`, 'muted')];
    }
    default:
      return [
        ...head,
        segment(
          `${named ? `${step.title}: ` : ''}${stepStateText(step)}${step.reason === undefined ? '' : `: ${step.reason}`}`,
          sign.tone,
        ),
      ];
  }
}

function progressSegments(step: StepRecord, wall: number, glyphs: Glyphs, pace: Pace | undefined): Line {
  const elapsed = step.startedAt === undefined ? '' : ageText(wall - step.startedAt);
  const { progress } = step;
  if (progress === undefined || progress.total === 0) return [segment(`${step.title}  ${elapsed}`, 'busy')];
  const share = Math.max(0, Math.min(1, progress.done / progress.total));
  const filled = Math.round(share * barColumns);
  return [
    segment(glyphs.full.repeat(filled), 'busy'),
    segment(glyphs.empty.repeat(barColumns - filled), 'muted'),
    segment(` ${pad(`${Math.floor(share * 100)}%`, 4, 'right')}  `, 'plain'),
    segment(`${progress.phase} `, 'busy'),
    segment(
      `${bytesText(progress.done)} of ${bytesText(progress.total)}  ${elapsed}${paceText(progress, pace)}`,
      'muted',
    ),
  ];
}
