import { width } from './format.ts';

// oxlint-disable-next-line no-control-regex -- lines end, and are drawn over
const plain = /^[\u0000-\u007f]*$/;

/** Does the locale promise UTF-8 (locale(7): LC_ALL over LC_CTYPE over LANG)? */
export function speaksUtf8(environment: Readonly<Record<string, string | undefined>>): boolean {
  const locale = [environment['LC_ALL'], environment['LC_CTYPE'], environment['LANG']].find(
    (value) => value !== undefined && value !== '',
  );
  return /utf-?8/i.test(locale ?? '');
}

/** What this program itself draws and writes beyond ASCII, each with what says the same. */
const signs: Readonly<Record<string, string>> = {
  '’': "'",
  '‘': "'",
  '“': '"',
  '”': '"',
  '–': '-',
  '—': '-',
  '·': '.',
  '→': '>',
  '←': '<',
  '≠': '!',
  '≤': '<',
  '≥': '>',
  '×': 'x',
  '─': '-',
  '│': '|',
  '█': '#',
  '░': '-',
  '…': '.',
};
const corner = /^[┌┬┐├┼┤└┴┘]$/;

/** What looks like one character to whoever reads it. Made when it is first asked: that takes as long as to start Node. */
let characters: Intl.Segmenter | undefined;

/**
 * A text for a terminal that has ASCII alone, in exactly as many columns: letters lose their accents, the sign for what
 * was cut off becomes `~`, and of what cannot be written a question mark says that something is there.
 */
export function inAscii(text: string): string {
  if (plain.test(text)) return text;
  characters ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  let written = '';
  for (const { segment } of characters.segment(text)) written += asciiOf(segment, written.at(-1));
  return written;
}

function asciiOf(character: string, before: string | undefined): string {
  if (plain.test(character)) return character;
  if (character === '…' && before !== undefined && before !== ' ') return '~';
  const sign = signs[character] ?? (corner.test(character) ? '+' : undefined);
  if (sign !== undefined) return sign;
  const columns = width(character);
  const [base = ''] = character.normalize('NFD');
  return columns === 1 && base > ' ' && base <= '~' ? base : '?'.repeat(columns);
}
