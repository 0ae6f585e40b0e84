import type { Config } from '../config/schema.ts';
import { glyphSetFor, type GlyphSet } from './glyphs.ts';

/** The colours that meanings are drawn in: two for many colours, one for the terminal's own sixteen, one for none. */
export const palettes = ['dark', 'light', 'sixteen', 'none'] as const;
export type Palette = (typeof palettes)[number];

/** How the screen looks; the words are the same in all of them. */
export interface Look {
  palette: Palette;
  glyphs: GlyphSet;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The look that the config asks for, and what the terminal says of itself where that is `auto`. */
export function lookFor(config: Config, environment: Environment): Look {
  return { palette: paletteFor(config, environment), glyphs: glyphSetFor(config, environment) };
}

/** NO_COLOR (no-color.org): present and not empty means none, whatever the config says. */
function paletteFor({ screen: { theme } }: Config, environment: Environment): Palette {
  const noColor = environment['NO_COLOR'];
  if (noColor !== undefined && noColor !== '') return 'none';
  if (theme !== 'auto') return theme;
  if (!hasManyColours(environment)) return 'sixteen';
  return isLight(environment['COLORFGBG']) ? 'light' : 'dark';
}

/** What a library that draws goes by as well: FORCE_COLOR over COLORTERM over TERM. */
function hasManyColours(environment: Environment): boolean {
  const forced = environment['FORCE_COLOR'];
  if (forced !== undefined && /^[0-3]$/.test(forced)) return Number(forced) >= 2;
  return (
    /^(truecolor|24bit)$/.test(environment['COLORTERM'] ?? '') ||
    /-(256(color)?|direct)$/.test(environment['TERM'] ?? '')
  );
}

/** Some terminals say `foreground;background` in numbers of the sixteen colours; the others are mostly dark. */
function isLight(colours: string | undefined): boolean {
  const background = Number(colours?.split(';').at(-1) ?? Number.NaN);
  return background === 7 || background === 15;
}

export const nextPalette = (palette: Palette): Palette =>
  palettes[(palettes.indexOf(palette) + 1) % palettes.length] ?? 'dark';
