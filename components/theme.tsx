import { createContext, useContext } from 'react';
import type { TextProps } from 'ink';
import { glyphSets, type Glyphs } from '../src/cockpit/glyphs.ts';
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

export function themeOf({ palette, glyphs }: Look): Theme {
  return { ...colours[palette], glyphs: glyphSets[glyphs] };
}

export const ThemeContext = createContext<Theme | undefined>(undefined);

export function useTheme(): Theme {
  const theme = useContext(ThemeContext);
  if (theme === undefined) throw new Error('no theme around this component');
  return theme;
}
