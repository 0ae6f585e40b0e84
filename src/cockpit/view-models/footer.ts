import { keymap } from '../keymap.ts';
import type { CockpitState } from '../state.ts';
import { lineWidth, segment, clip, type Line } from './line.ts';

/** The last thing said to the admin. */
export function noticeLine({ notice, size }: CockpitState): Line {
  return notice === undefined ? [] : clip([segment(` ${notice.text}`, notice.tone)], size.columns);
}

/** The keys that work now; one that cannot is muted and says why when it is pressed. Whole keys only, as many as fit. */
export function keysLine(state: CockpitState): Line {
  const line: Line[] = keymap
    .filter((binding) => binding.quiet !== true && (binding.modes?.includes(state.mode.kind) ?? true))
    .map((binding) => {
      const works = binding.disabled?.(state) === undefined;
      return [
        segment(` ${binding.keys[0] ?? ''}`, works ? 'plain' : 'muted', works),
        segment(` ${binding.label} `, 'muted'),
      ];
    });
  const kept: Line[] = [];
  let left = state.size.columns;
  for (const part of line) {
    left -= lineWidth(part);
    if (left < 0) break;
    kept.push(part);
  }
  return kept.flat();
}
