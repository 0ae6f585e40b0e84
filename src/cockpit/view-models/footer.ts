import { width } from '../../view/format.ts';
import type { Glyphs } from '../glyphs.ts';
import type { Binding } from '../intents.ts';
import { keymap } from '../keymap.ts';
import { promptKeys } from '../keymap/prompt-keys.ts';
import type { CockpitState } from '../state.ts';
import { questionLine } from './agreement.ts';
import { lineWidth, segment, clip, type Line } from './line.ts';

/** The filter while there is one, else the last thing said to the admin. */
export function noticeLine(state: CockpitState, glyphs: Glyphs): Line {
  const { mode, filter, notice, size } = state;
  if (mode.kind === 'filter')
    return [
      segment(' /', 'plain', true),
      segment(endOf(filter, size.columns - 4)),
      segment(glyphs.full, 'muted'),
    ];
  if (mode.kind === 'plan' && notice === undefined)
    return clip(questionLine(mode, glyphs.full), size.columns);
  if (filter !== '' && notice === undefined)
    return clip(
      [segment(` /${filter}`, 'attention'), segment('  escape shows everyone', 'muted')],
      size.columns,
    );
  return notice === undefined ? [] : clip([segment(` ${notice.text}`, notice.tone)], size.columns);
}

/** The end of what is being typed is what one has to see. */
function endOf(text: string, columns: number): string {
  const characters = [...text];
  while (width(characters.join('')) > columns) characters.shift();
  return characters.join('');
}

/** The keys of this mode; one that cannot work now is muted and says why when it is pressed. Whole keys only, as many as fit. */
export function keysLine(state: CockpitState): Line {
  const { kind } = state.mode;
  if (kind === 'filter') {
    const parts = promptKeys.flatMap(({ keys, label }) => keySegments(keys[0], label, true));
    return clip(parts, state.size.columns);
  }
  const bindings = keymap.filter(
    ({ quiet, modes }) => quiet !== true && quiet?.includes(kind) !== true && (modes?.includes(kind) ?? true),
  );
  const parts = bindings.map((binding) => ({ binding, line: keyPart(binding, state) }));
  const total = (some: typeof parts) => some.reduce((sum, { line }) => sum + lineWidth(line), 0);
  const fixed = parts.filter(({ binding }) => binding.always === true);
  let kept = parts.filter(({ binding }) => binding.always !== true);
  while (kept.length > 0 && total(kept) + total(fixed) > state.size.columns) kept = kept.slice(0, -1);
  return clip(
    [...kept, ...fixed].flatMap(({ line }) => line),
    state.size.columns,
  );
}

function keyPart(binding: Binding, state: CockpitState): Line {
  return keySegments(binding.keys[0], binding.label, binding.disabled?.(state) === undefined);
}

function keySegments(key: string | undefined, label: string, works: boolean): Line {
  return [segment(` ${key ?? ''}`, works ? 'plain' : 'muted', works), segment(` ${label} `, 'muted')];
}
