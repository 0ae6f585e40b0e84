import { createContext, useContext } from 'react';
import type { TextProps } from 'ink';
import type { Glyphs } from '../src/cockpit/glyphs.ts';
import type { Tone } from '../src/view/cell.ts';

type Style = Pick<TextProps, 'color' | 'bold' | 'dimColor' | 'italic' | 'inverse'>;

export interface Theme {
  glyphs: Glyphs;
  tones: Record<Tone, Style>;
}

const coloured: Record<Tone, Style> = {
  plain: {},
  ok: { color: 'green' },
  attention: { color: 'yellow' },
  danger: { color: 'red', bold: true },
  unknown: { color: 'magenta' },
  stale: { dimColor: true, italic: true },
  muted: { dimColor: true },
  busy: { color: 'cyan' },
};

/** Without colour the words carry the meaning; weight helps to find it. */
const colourless: Record<Tone, Style> = {
  plain: {},
  ok: {},
  attention: { bold: true },
  danger: { bold: true },
  unknown: {},
  stale: {},
  muted: {},
  busy: {},
};

/** NO_COLOR (no-color.org): present and not empty means none. Ink's colour library does not look at it. */
export function themeFor(glyphs: Glyphs, environment: Readonly<Record<string, string | undefined>>): Theme {
  const noColor = environment['NO_COLOR'];
  return { glyphs, tones: noColor !== undefined && noColor !== '' ? colourless : coloured };
}

export const ThemeContext = createContext<Theme | undefined>(undefined);

export function useTheme(): Theme {
  const theme = useContext(ThemeContext);
  if (theme === undefined) throw new Error('no theme around this component');
  return theme;
}
