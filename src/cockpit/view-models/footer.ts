import { width } from '../../view/format.ts';
import type { Glyphs } from '../glyphs.ts';
import { keymap } from '../keymap.ts';
import {
  agreeKeys,
  commandKeys,
  promptKeys,
  whenKeys,
  searchKeys,
  type PromptKey,
} from '../keymap/prompt-keys.ts';
import type { CockpitState, ShownOperation } from '../state.ts';
import { questionLine } from './agreement.ts';
import { lineWidth, segment, clip, type Line } from './line.ts';

/** What is asked, or being typed, with what was last said beside it; else that; else what has ended and was not looked at. */
export function noticeLine(state: CockpitState, glyphs: Glyphs): Line {
  const { mode, filter, notice, size, marked, result } = state;
  const said: Line = notice === undefined ? [] : [segment(`  ${notice.text}`, notice.tone)];
  const prompt = promptOf(state);
  if (prompt !== undefined) {
    const most = size.columns - 3 - width(prompt.sign);
    const room = Math.max(Math.ceil(size.columns / 3), most - lineWidth(said));
    return clip(
      [
        segment(` ${prompt.sign}`, 'plain', true),
        segment(endOf(prompt.text, Math.min(room, most))),
        segment(glyphs.full, 'muted'),
        ...said,
      ],
      size.columns,
    );
  }
  const question = mode.kind === 'plan' ? questionLine(mode, glyphs.full, notice) : [];
  if (question.length > 0) return clip(question, size.columns);
  if (notice !== undefined) return clip([segment(` ${notice.text}`, notice.tone)], size.columns);
  if (marked.length > 0 && mode.kind === 'fleet')
    return clip(
      [
        segment(` ${glyphs.marked} ${marked.length} marked`, 'attention', true),
        segment('  B backs them up, s restarts, p probes; escape takes the marks away', 'muted'),
      ],
      size.columns,
    );
  if (filter !== '')
    return clip(
      [segment(` /${filter}`, 'attention'), segment('  escape shows everyone', 'muted')],
      size.columns,
    );
  return result === undefined ? [] : clip(resultLine(result, mode.kind === 'fleet'), size.columns);
}

/** The prompt that is open, with what has been typed. */
function promptOf({ mode, filter }: CockpitState): { sign: string; text: string } | undefined {
  if (mode.kind === 'filter') return { sign: '/', text: filter };
  if (mode.kind === 'command') return { sign: ':', text: mode.typed };
  if (mode.kind === 'when') return { sign: 'When? ', text: mode.typed };
  return mode.kind === 'operation' && mode.typing ? { sign: '/', text: mode.search } : undefined;
}

/** @param keys Say what helps: elsewhere those keys are others. */
function resultLine({ operation }: ShownOperation, keys: boolean): Line {
  const well = operation.outcome === 'succeeded';
  return [
    segment(` operation ${operation.id} (${operation.kind}) has ended: `, 'plain'),
    segment(`${operation.outcome ?? ''}`, well ? 'ok' : 'danger', true),
    ...(keys ? [segment('  O opens it, escape: seen', 'muted')] : []),
  ];
}

/** The end of what is being typed is what one has to see. */
function endOf(text: string, columns: number): string {
  const characters = [...text];
  while (width(characters.join('')) > columns) characters.shift();
  return characters.join('');
}

/**
 * The keys of this mode; one that cannot work now is muted and says why when it is pressed. Whole keys only, as many as
 * fit: those that cannot work give way first.
 */
export function keysLine(state: CockpitState): Line {
  const { kind } = state.mode;
  const typed = promptKeysOf(state);
  if (typed !== undefined) {
    const parts = typed.flatMap(({ keys, label }) => keySegments(keys[0], label, true));
    return clip(parts, state.size.columns);
  }
  const bindings = keymap.filter(
    ({ quiet, modes }) => quiet !== true && quiet?.includes(kind) !== true && (modes?.includes(kind) ?? true),
  );
  const parts = bindings.map((binding) => {
    const works = binding.disabled?.(state) === undefined;
    return { binding, works, line: keySegments(binding.keys[0], binding.label, works) };
  });
  const total = (some: typeof parts) => some.reduce((sum, { line }) => sum + lineWidth(line), 0);
  const fixed = parts.filter(({ binding }) => binding.always === true);
  let kept = parts.filter(({ binding }) => binding.always !== true);
  while (kept.length > 0 && total(kept) + total(fixed) > state.size.columns) {
    const least = kept.findLastIndex(({ works }) => !works);
    kept = kept.toSpliced(least, 1);
  }
  return clip(
    [...kept, ...fixed].flatMap(({ line }) => line),
    state.size.columns,
  );
}

/** The keys that are no letters, while something is typed. */
function promptKeysOf({ mode }: CockpitState): readonly PromptKey[] | undefined {
  if (mode.kind === 'filter') return promptKeys;
  if (mode.kind === 'command') return commandKeys;
  if (mode.kind === 'when') return whenKeys;
  if (mode.kind === 'plan')
    return mode.preview !== undefined && 'plan' in mode.preview ? agreeKeys : undefined;
  return mode.kind === 'operation' && mode.typing ? searchKeys : undefined;
}

function keySegments(key: string | undefined, label: string, works: boolean): Line {
  return [segment(` ${key ?? ''}`, works ? 'plain' : 'muted', works), segment(` ${label} `, 'muted')];
}
