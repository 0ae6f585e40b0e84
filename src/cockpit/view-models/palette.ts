import { pad } from '../../view/format.ts';
import { completionsOf } from '../palette.ts';
import type { CockpitState, Mode } from '../state.ts';
import { listedRows } from './listed.ts';
import { clip, segment, type Line } from './line.ts';
import type { Pane } from './operation.ts';

/** Columns of a command, before what it does. */
const commandColumns = 28;

/** What the typed command could become, each with what it does, or why it cannot work now. */
export function paletteBody(
  state: CockpitState,
  mode: Extract<Mode, { kind: 'command' }>,
  height: number,
): Pane {
  const found = completionsOf(state);
  const at = Math.min(mode.at, Math.max(0, found.length - 1));
  const { lines, where, selected } = listedRows(found.length, at, height, (index): Line => {
    const each = found[index];
    if (each === undefined) return [];
    const { text, help, disabled, binding } = each;
    const key = each.before.length === 0 ? (binding?.keys[0] ?? '') : '';
    return clip(
      [
        segment(
          `  ${pad(text, commandColumns, 'left', 'middle')} `,
          disabled === undefined ? 'plain' : 'muted',
        ),
        segment(`${pad(key, 7)} `, 'plain', true),
        disabled === undefined ? segment(help, 'muted') : segment(`not now: ${disabled}`, 'attention'),
      ],
      state.size.columns,
    );
  });
  return {
    title: found.length === 0 ? 'no command is like that' : `commands${where}`,
    tone: found.length === 0 ? 'attention' : 'plain',
    lines,
    selected,
  };
}
