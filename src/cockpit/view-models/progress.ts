import type { StepProgress, StepState } from '../../journal/records.ts';
import { bytesText, durationText } from '../../view/format.ts';
import type { Tone } from '../../view/cell.ts';
import type { Glyphs } from '../glyphs.ts';
import type { Pace } from '../state.ts';

/** The sign of each state of a step, and what it means. */
const signs: Record<StepState, { glyph: keyof Glyphs; tone: Tone }> = {
  pending: { glyph: 'waiting', tone: 'muted' },
  started: { glyph: 'moving', tone: 'busy' },
  succeeded: { glyph: 'done', tone: 'ok' },
  failed: { glyph: 'failed', tone: 'danger' },
  // Nothing went wrong: somebody is at work, say, and a guard would not have them stopped.
  refused: { glyph: 'stopped', tone: 'attention' },
  interrupted: { glyph: 'failed', tone: 'attention' },
  undone: { glyph: 'failed', tone: 'attention' },
};

/** The sign of a step, or of a part of an operation: what never began did not go wrong. */
export function signOf({ state, startedAt }: { state: StepState; startedAt?: number | undefined }) {
  return state === 'interrupted' && startedAt === undefined ? signs.pending : signs[state];
}

/** What was watched for less than this says nothing of how fast it is, milliseconds. */
const leastWatched = 1000;

/** How fast a step comes on, bytes a second, and how long it has to go, milliseconds; undefined while that cannot be told. */
export function paceOf(
  progress: StepProgress,
  pace: Pace | undefined,
): { rate: number; left: number } | undefined {
  if (pace === undefined || pace.phase !== progress.phase) return undefined;
  const watched = progress.at - pace.at;
  const done = progress.done - pace.done;
  if (watched < leastWatched || done <= 0) return undefined;
  const rate = (done / watched) * 1000;
  return { rate, left: ((progress.total - progress.done) / rate) * 1000 };
}

/** `copy 44%, 90 MB of 201 MB, 41 MB/s, 3s left`. */
export function progressText(progress: StepProgress, pace: Pace | undefined): string {
  const share = progress.total === 0 ? 0 : Math.min(1, progress.done / progress.total);
  return `${progress.phase} ${Math.floor(share * 100)}%, ${bytesText(progress.done)} of ${bytesText(progress.total)}${paceText(progress, pace)}`;
}

/** `, 41 MB/s, 3s left`; nothing while that cannot be told. */
export function paceText(progress: StepProgress, pace: Pace | undefined): string {
  const found = paceOf(progress, pace);
  if (found === undefined) return '';
  return `, ${bytesText(found.rate)}/s, ${durationText(Math.ceil(found.left / 1000) * 1000)} left`;
}
