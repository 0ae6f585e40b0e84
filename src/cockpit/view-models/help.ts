import { pad, wrapped } from '../../view/format.ts';
import type { Binding } from '../intents.ts';
import { keymap } from '../keymap.ts';
import { promptKeys } from '../keymap/prompt-keys.ts';
import type { CockpitState } from '../state.ts';
import { segment, type Line } from './line.ts';
import type { Scrolled } from './scrolled.ts';

/** Columns of the keys, before what they do. */
const keyColumns = 18;

/** Every key with its sentence, and why it cannot work now; made from the keymap, so that it cannot lie. */
export function helpBody(state: CockpitState): Scrolled {
  const lines = [
    ...keymap.flatMap((binding) => helpLines(binding, binding.disabled?.(state), state.size.columns)),
    [],
    [segment('  While a filter is typed, all but these are letters:', 'muted')],
    ...promptKeys.flatMap((binding) => helpLines(binding, undefined, state.size.columns)),
  ];
  return { title: 'keys', tone: 'plain', length: lines.length, line: (index) => lines[index] ?? [] };
}

function helpLines(
  { keys, help }: Pick<Binding, 'keys' | 'help'>,
  reason: string | undefined,
  columns: number,
): Line[] {
  const room = columns - keyColumns - 1;
  const text: Line[] = wrapped(help, room).map((each) => [
    segment(each, reason === undefined ? 'plain' : 'muted'),
  ]);
  const not: Line[] =
    reason === undefined
      ? []
      : wrapped(`not now: ${reason}`, room).map((each) => [segment(each, 'attention')]);
  return [...text, ...not].map((line, index) => [
    segment(pad(index === 0 ? `  ${keys.join(' ')}` : '', keyColumns), 'plain', true),
    ...line,
  ]);
}
