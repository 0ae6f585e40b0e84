import { ageText, pad } from '../../view/format.ts';
import { standingText } from '../../view/operation.ts';
import type { CockpitState } from '../state.ts';
import { clip, segment, type Line } from './line.ts';
import type { Pane } from './operation.ts';

/** What was done here lately, the newest first: for a screen that has room for it. */
export function pastPane({ operations, now }: CockpitState, columns: number, height: number): Pane {
  const lines = operations.slice(0, height).map(({ operation }): Line => {
    const tone =
      operation.outcome === 'succeeded' ? 'ok' : operation.outcome === undefined ? 'busy' : 'danger';
    return clip(
      [
        segment(` ${pad(String(operation.id), 5, 'right')}  ${pad(operation.kind, 16)} `),
        segment(`${pad(ageText(now.wall - operation.requestedAt), 4, 'right')} ago  `, 'muted'),
        segment(standingText(operation, false), tone),
      ],
      columns,
    );
  });
  return {
    title: 'done lately',
    tone: 'muted',
    lines: lines.length === 0 ? [[segment(' none yet', 'muted')]] : lines,
  };
}
