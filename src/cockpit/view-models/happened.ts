import type { Happening } from '../../fleet/happened.ts';
import { happenedTexts, happeningText } from '../../view/happened.ts';
import { wrapped } from '../../view/format.ts';
import type { Tone } from '../../view/cell.ts';
import type { CockpitState } from '../state.ts';
import { happenedWords } from './layout.ts';
import { clip, lineWidth, segment, type Line } from './line.ts';
import type { Scrolled } from './scrolled.ts';

/** What happened without the cockpit: a line above the grid, and all of it. */

/** What went wrong is told from what only happened. */
const wrong: ReadonlySet<Happening['kind']> = new Set(['failed', 'health check failed', 'rollback failed']);

const toneOf = (happening: Happening): Tone =>
  wrong.has(happening.kind) || (happening.kind === 'scheduled' && happening.outcome !== 'succeeded')
    ? 'attention'
    : 'plain';

/** One line, with the key that leads to the others; none where nothing tells, or where there is no room. */
export function happenedAbove(state: CockpitState): Line[] {
  const words = happenedWords(state);
  if (words === undefined) return [];
  const { columns } = state.size;
  const right: Line = [segment(' H', 'plain', true), segment(' happened ', 'muted')];
  const left = clip([segment(` ${words}`, 'plain')], columns - lineWidth(right));
  const space = Math.max(0, columns - lineWidth(left) - lineWidth(right));
  return [[...left, segment(' '.repeat(space)), ...right]];
}

export function happenedBody({ happened, now, size }: CockpitState): Scrolled {
  if (happened === undefined) return { title: 'what happened', tone: 'plain', length: 0, line: () => [] };
  const tones = new Map(
    happened.happenings.map((each) => [happeningText(each, now.wall), toneOf(each)] as const),
  );
  const [title = '', ...texts] = happenedTexts(happened, now.wall);
  const lines = texts.flatMap((text): Line[] => {
    const tone = tones.get(text.trim()) ?? 'muted';
    return wrapped(text.trim(), Math.max(20, size.columns - 5)).map((part, index) => [
      segment(`${index === 0 ? '  ' : '    '}${part}`, tone),
    ]);
  });
  return {
    title: happened.happenings.length === 0 ? title : `without the cockpit, ${title}`,
    tone: 'plain',
    length: lines.length,
    line: (index) => lines[index] ?? [],
  };
}
