import type { Config } from '../config/schema.ts';
import { glyphSetFor, type GlyphSet } from './glyphs.ts';

/** The colours that meanings are drawn in: two for many colours, one for the terminal's own sixteen, one for none. */
export const palettes = ['dark', 'light', 'sixteen', 'none'] as const;
export type Palette = (typeof palettes)[number];

/** How the screen looks; the words are the same in all of them. */
export interface Look {
  palette: Palette;
  glyphs: GlyphSet;
  /** Are the colours those of a terminal that has 256 of them, and no others? */
  indexed?: true;
  /** Is it read out by a screen reader? As Ink is told it, `INK_SCREEN_READER=true`. */
  spoken?: true;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The look that the config asks for, and what the terminal says of itself where that is `auto`. */
export function lookFor(config: Config, environment: Environment): Look {
  return {
    palette: paletteFor(config, environment),
    glyphs: glyphSetFor(config, environment),
    ...(colourLevel(environment) === 2 ? { indexed: true as const } : {}),
    ...(environment['INK_SCREEN_READER'] === 'true' ? { spoken: true as const } : {}),
  };
}

/** NO_COLOR (no-color.org): present and not empty means none, whatever the config says. */
function paletteFor({ screen: { theme } }: Config, environment: Environment): Palette {
  const noColor = environment['NO_COLOR'];
  const level = colourLevel(environment);
  if ((noColor !== undefined && noColor !== '') || level === 0) return 'none';
  if (theme !== 'auto') return theme;
  if (level === 1) return 'sixteen';
  return isLight(environment['COLORFGBG']) ? 'light' : 'dark';
}

/**
 * How many colours a terminal says that it has, as FORCE_COLOR counts: 0 is none, 1 its own sixteen, 2 is 256, 3 all of
 * them. FORCE_COLOR over COLORTERM over TERM.
 */
export function colourLevel(environment: Environment): 0 | 1 | 2 | 3 {
  const forced = environment['FORCE_COLOR'];
  if (forced !== undefined && /^[0-3]$/.test(forced)) return Number(forced) as 0 | 1 | 2 | 3;
  const name = environment['TERM'] ?? '';
  if (/^(truecolor|24bit)$/.test(environment['COLORTERM'] ?? '')) return 3;
  if (/-direct$|^xterm-(kitty|ghostty)$|^wezterm$/.test(name)) return 3;
  return /-256(color)?$/.test(name) ? 2 : 1;
}

/** Some terminals say `foreground;background` in numbers of the sixteen colours; the others are mostly dark. */
function isLight(colours: string | undefined): boolean {
  const background = Number(colours?.split(';').at(-1) ?? Number.NaN);
  return background === 7 || background === 15;
}

export const nextPalette = (palette: Palette): Palette =>
  palettes[(palettes.indexOf(palette) + 1) % palettes.length] ?? 'dark';
