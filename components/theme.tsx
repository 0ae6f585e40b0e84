import chalk, { foregroundColorNames, type ChalkInstance, type ForegroundColorName } from 'chalk';
import { createContext, useContext } from 'react';
import type { TextProps } from 'ink';
import { glyphsOf, type Glyphs } from '../src/cockpit/glyphs.ts';
import type { Look, Palette } from '../src/cockpit/look.ts';
import type { Tone } from '../src/view/cell.ts';

type Style = Pick<TextProps, 'color' | 'backgroundColor' | 'bold' | 'dimColor' | 'italic' | 'inverse'>;

/** The meanings as one palette draws them. */
interface Colours {
  tones: Readonly<Record<Tone, Style>>;
  /** The selected line: behind all of it, whatever its parts mean. */
  selection: Style;
  /** Do the parts of the selected line keep their colours? Inverted ones side by side are patchwork. */
  keepsTones: boolean;
}

export interface Theme extends Colours {
  glyphs: Glyphs;
  /** What each tone, and the selection, makes of a text: to have Ink do that costs an element for every few letters. */
  paint: Readonly<Record<Tone | 'selection', ChalkInstance>>;
}

const dark: Colours = {
  tones: {
    plain: {},
    ok: { color: '#9ccf8c' },
    attention: { color: '#e8c26a' },
    danger: { color: '#ff7a85', bold: true },
    unknown: { color: '#c6a0f6' },
    stale: { color: '#8b92a8', italic: true },
    muted: { color: '#7f869c' },
    busy: { color: '#78cfe0' },
  },
  selection: { backgroundColor: '#2f3d5c' },
  keepsTones: true,
};

const light: Colours = {
  tones: {
    plain: {},
    ok: { color: '#2e7d32' },
    attention: { color: '#8a5a00' },
    danger: { color: '#c1122f', bold: true },
    unknown: { color: '#7a3ea8' },
    stale: { color: '#6a7183', italic: true },
    muted: { color: '#6a7183' },
    busy: { color: '#006d85' },
  },
  selection: { backgroundColor: '#cddcf7' },
  keepsTones: true,
};

/** The terminal's own colours: it knows whether it is dark or light. */
const sixteen: Colours = {
  tones: {
    plain: {},
    ok: { color: 'green' },
    attention: { color: 'yellow' },
    danger: { color: 'red', bold: true },
    unknown: { color: 'magenta' },
    stale: { dimColor: true, italic: true },
    muted: { dimColor: true },
    busy: { color: 'cyan' },
  },
  selection: { inverse: true },
  keepsTones: false,
};

/** Without colour the words carry the meaning; weight helps to find it. */
const none: Colours = {
  tones: {
    plain: {},
    ok: {},
    attention: { bold: true },
    danger: { bold: true },
    unknown: {},
    stale: {},
    muted: {},
    busy: {},
  },
  selection: { inverse: true },
  keepsTones: false,
};

const colours: Readonly<Record<Palette, Colours>> = { dark, light, sixteen, none };

/**
 * Each of these colours among the 256 of xterm, the one that keeps its meaning. By the library’s own reckoning what is
 * muted was teal, danger pink, and on the selected line neither could be read.
 */
const among256: Readonly<Record<string, number>> = {
  '#9ccf8c': 150,
  '#e8c26a': 179,
  '#ff7a85': 210,
  '#c6a0f6': 183,
  '#8b92a8': 103,
  '#7f869c': 246,
  '#78cfe0': 116,
  '#2f3d5c': 238,
  '#2e7d32': 28,
  '#8a5a00': 94,
  '#c1122f': 160,
  '#7a3ea8': 91,
  '#6a7183': 242,
  '#006d85': 24,
  '#cddcf7': 189,
};

function indexedStyle(style: Style): Style {
  const found = { ...style };
  for (const part of ['color', 'backgroundColor'] as const) {
    const index = among256[style[part] ?? ''];
    if (index !== undefined) found[part] = `ansi256(${index})`;
  }
  return found;
}

function indexed({ tones, selection, keepsTones }: Colours): Colours {
  const styles = Object.entries(tones).map(([tone, style]) => [tone, indexedStyle(style)] as const);
  return {
    tones: Object.fromEntries(styles) as Colours['tones'],
    selection: indexedStyle(selection),
    keepsTones,
  };
}

export function themeOf(look: Look): Theme {
  const chosen = look.indexed === true ? indexed(colours[look.palette]) : colours[look.palette];
  const styles = Object.entries({ ...chosen.tones, selection: chosen.selection }).map(
    ([name, style]) => [name, paintOf(style)] as const,
  );
  return {
    ...chosen,
    glyphs: glyphsOf(look),
    paint: Object.fromEntries(styles) as Theme['paint'],
  };
}

/** A style as Ink draws it, by the same package. */
function paintOf({ color, backgroundColor, bold, dimColor, italic, inverse }: Style): ChalkInstance {
  let paint = chalk;
  if (dimColor === true) paint = paint.dim;
  if (isNamed(color)) paint = paint[color];
  else if (color !== undefined) {
    const index = indexIn(color);
    paint = index === undefined ? paint.hex(color) : paint.ansi256(index);
  }
  if (backgroundColor !== undefined) {
    const index = indexIn(backgroundColor);
    paint = index === undefined ? paint.bgHex(backgroundColor) : paint.bgAnsi256(index);
  }
  if (bold === true) paint = paint.bold;
  if (italic === true) paint = paint.italic;
  if (inverse === true) paint = paint.inverse;
  return paint;
}

function indexIn(color: string): number | undefined {
  const [, index] = /^ansi256\((\d+)\)$/.exec(color) ?? [];
  return index === undefined ? undefined : Number(index);
}

const names: ReadonlySet<string> = new Set(foregroundColorNames);
const isNamed = (color: string | undefined): color is ForegroundColorName =>
  color !== undefined && names.has(color);

export const ThemeContext = createContext<Theme | undefined>(undefined);

export function useTheme(): Theme {
  const theme = useContext(ThemeContext);
  if (theme === undefined) throw new Error('no theme around this component');
  return theme;
}
