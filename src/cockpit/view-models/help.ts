import { pad } from '../../view/format.ts';
import { keymap } from '../keymap.ts';
import type { CockpitState } from '../state.ts';
import { clip, segment, type Line } from './line.ts';

/** Every key with its sentence, and why it cannot work now; made from the keymap, so that it cannot lie. */
export function helpLines(state: CockpitState, height: number, offset: number): Line[] {
  const lines = keymap.map((binding): Line => {
    const reason = binding.disabled?.(state);
    return clip(
      [
        segment(`  ${pad(binding.keys.join(' '), 16)}`, 'plain', true),
        segment(binding.help, reason === undefined ? 'plain' : 'muted'),
        ...(reason === undefined ? [] : [segment(`  (not now: ${reason})`, 'attention')]),
      ],
      state.size.columns,
    );
  });
  const first = Math.min(offset, Math.max(0, lines.length - height));
  return lines.slice(first, first + height);
}
