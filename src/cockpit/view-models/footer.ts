import { keymap, type Binding } from '../keymap.ts';
import { visibleInstances } from '../arrange.ts';
import type { CockpitState } from '../state.ts';
import { lineWidth, segment, clip, type Line } from './line.ts';

/** The filter while there is one, else the last thing said to the admin. */
export function noticeLine(state: CockpitState): Line {
  const { mode, filter, notice, size } = state;
  if (mode.kind === 'filter')
    return clip(
      [
        segment(' /', 'plain', true),
        segment(filter),
        segment('█', 'muted'),
        segment('  enter keeps it, escape takes it back', 'muted'),
      ],
      size.columns,
    );
  if (filter !== '' && notice === undefined)
    return clip(
      [
        segment(` /${filter}`, 'attention'),
        segment(visibleInstances(state).length === 0 ? '  nobody is like this' : '', 'attention'),
        segment('  escape shows everyone', 'muted'),
      ],
      size.columns,
    );
  return notice === undefined ? [] : clip([segment(` ${notice.text}`, notice.tone)], size.columns);
}

/** The keys of this mode; one that cannot work now is muted and says why when it is pressed. Whole keys only, as many as fit. */
export function keysLine(state: CockpitState): Line {
  const bindings = keymap.filter(
    (binding) => binding.quiet !== true && (binding.modes?.includes(state.mode.kind) ?? true),
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
  const works = binding.disabled?.(state) === undefined;
  return [
    segment(` ${binding.keys[0] ?? ''}`, works ? 'plain' : 'muted', works),
    segment(` ${binding.label} `, 'muted'),
  ];
}
