import type { Config } from '../config/schema.ts';
import { inAscii, speaksUtf8 } from '../view/ascii.ts';

/** The signs that are drawn. The Unicode ones are of ambiguous width on some terminals; hence a set in ASCII. */
export interface Glyphs {
  pointer: string;
  running: string;
  stopped: string;
  broken: string;
  moving: string;
  unknown: string;
  done: string;
  failed: string;
  waiting: string;
  full: string;
  empty: string;
  rule: string;
  /** Between two panes side by side. */
  divider: string;
  /** Where a branch of a tree begins, goes on and ends. */
  branch: string;
  stem: string;
  last: string;
  /** Before a branch that hides what is below it, and before one that shows it. */
  folded: string;
  unfolded: string;
  /** Beside the name of a row that is marked. */
  marked: string;
  /** Beside the title of the column that rows are sorted by. */
  sorted: string;
  /** Any text as it can be drawn beside these signs, as wide as it is. */
  text: (text: string) => string;
}

const unicode: Glyphs = {
  pointer: '›',
  running: '●',
  stopped: '○',
  broken: '✗',
  moving: '◐',
  unknown: '?',
  done: '✓',
  failed: '✗',
  waiting: '·',
  full: '█',
  empty: '░',
  rule: '─',
  divider: '│',
  branch: '├',
  stem: '│',
  last: '└',
  folded: '▸',
  unfolded: '▾',
  marked: '◆',
  sorted: '▾',
  text: (text) => text,
};

const ascii: Glyphs = {
  pointer: '>',
  running: '*',
  stopped: 'o',
  broken: 'X',
  moving: '~',
  unknown: '?',
  done: '+',
  failed: 'X',
  waiting: '.',
  full: '#',
  empty: '-',
  rule: '-',
  divider: '|',
  branch: '|',
  stem: '|',
  last: '`',
  folded: '>',
  unfolded: 'v',
  marked: '#',
  sorted: '^',
  text: inAscii,
};

export type GlyphSet = 'unicode' | 'ascii';

export const glyphSets: Readonly<Record<GlyphSet, Glyphs>> = { unicode, ascii };

/** For a screen reader: what a sign means stands in words beside it, and to hear it is noise. */
const silent: Omit<Glyphs, 'text'> = {
  pointer: ' ',
  running: ' ',
  stopped: ' ',
  broken: ' ',
  moving: ' ',
  unknown: ' ',
  done: ' ',
  failed: ' ',
  waiting: ' ',
  full: ' ',
  empty: ' ',
  rule: ' ',
  divider: ' ',
  branch: ' ',
  stem: ' ',
  last: ' ',
  folded: '+',
  unfolded: ' ',
  marked: '*',
  sorted: ' ',
};

/** The signs of a look. */
export const glyphsOf = ({ glyphs, spoken = false }: { glyphs: GlyphSet; spoken?: boolean }): Glyphs =>
  spoken ? { ...glyphSets[glyphs], ...silent } : glyphSets[glyphs];

/** `auto` takes the ASCII set where the locale does not promise UTF-8, and on the Linux console, whose font has few signs. */
export function glyphSetFor(
  config: Config,
  environment: Readonly<Record<string, string | undefined>>,
): GlyphSet {
  if (config.screen.glyphs !== 'auto') return config.screen.glyphs;
  return speaksUtf8(environment) && environment['TERM'] !== 'linux' ? 'unicode' : 'ascii';
}

/** The signs themselves. */
export function glyphsFor(config: Config, environment: Readonly<Record<string, string | undefined>>): Glyphs {
  return glyphSets[glyphSetFor(config, environment)];
}
