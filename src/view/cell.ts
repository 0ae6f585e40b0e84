import type { Observation } from '../fleet/observation.ts';
import { freshness } from '../fleet/observation.ts';
import { printable } from '../text/printable.ts';

/** What a text means. The theme gives it a colour; the words must carry the meaning without it. */
export type Tone = 'plain' | 'ok' | 'attention' | 'danger' | 'unknown' | 'stale' | 'muted' | 'busy';

export interface Cell {
  text: string;
  tone: Tone;
}

/** Whatever its text has been through before: no control of anybody's is in what is shown. */
export const cell = (text: string, tone: Tone = 'plain'): Cell => ({ text: printable(text), tone });

/** What was not looked at yet. */
export const pendingCell = cell('…', 'muted');

/**
 * A fact as a cell: not looked at yet is `…`, unknown is `?` with the reason, stale is marked with `~`; only a fresh
 * value looks like one.
 */
export function factCell<Value>(
  observation: Observation<Value>,
  tick: number,
  cadence: number,
  show: (value: Value) => Cell,
): Cell {
  if (observation.kind === 'pending') return pendingCell;
  if (observation.kind === 'unknown') return cell(`? ${observation.reason}`, 'unknown');
  const shown = show(observation.value);
  return freshness(observation, tick, cadence) === 'stale' ? cell(`~${shown.text}`, 'stale') : shown;
}
