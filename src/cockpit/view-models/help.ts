import { pad } from '../../view/format.ts';
import type { Binding } from '../keymap.ts';
import type { CockpitState } from '../state.ts';
import { clip, segment, type Line } from './line.ts';

/** A key with its sentence, and why it cannot work now; made from the keymap, so that it cannot lie. */
export function helpLine(state: CockpitState, binding: Binding | undefined): Line {
  if (binding === undefined) return [];
  const reason = binding.disabled?.(state);
  return clip(
    [
      segment(`  ${pad(binding.keys.join(' '), 16)}`, 'plain', true),
      segment(binding.help, reason === undefined ? 'plain' : 'muted'),
      ...(reason === undefined ? [] : [segment(`  (not now: ${reason})`, 'attention')]),
    ],
    state.size.columns,
  );
}
