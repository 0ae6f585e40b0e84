import { describe, expect, it } from 'vitest';
import { themeOf } from '../../../components/theme.tsx';
import { glyphsFor } from '../../../src/cockpit/glyphs.ts';
import { lookFor, palettes } from '../../../src/cockpit/look.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { config } from '../../fakes/cockpit.ts';

describe('the colours', () => {
  it.each([
    [{ TERM: 'xterm-256color', COLORTERM: 'truecolor' }, 'dark', false],
    [{ TERM: 'xterm-kitty' }, 'dark', false],
    [{ TERM: 'xterm-256color' }, 'dark', true],
    [{ TERM: 'tmux-256color', COLORFGBG: '0;15' }, 'light', true],
    [{ TERM: 'xterm' }, 'sixteen', false],
    [{ TERM: 'linux' }, 'sixteen', false],
    [{}, 'sixteen', false],
    [{ TERM: 'xterm-256color', NO_COLOR: '1' }, 'none', true],
    [{ TERM: 'xterm-256color', NO_COLOR: '' }, 'dark', true],
    [{ TERM: 'xterm-256color', COLORTERM: 'truecolor', FORCE_COLOR: '1' }, 'sixteen', false],
    [{ TERM: 'xterm', FORCE_COLOR: '2' }, 'dark', true],
    [{ TERM: 'xterm-256color', FORCE_COLOR: '0' }, 'none', false],
  ])('for %j', (environment, palette, indexed) => {
    expect(lookFor(config, environment)).toMatchObject({ palette, ...(indexed ? { indexed } : {}) });
    expect(lookFor(config, environment).indexed === true).toBe(indexed);
  });

  it.each(palettes)('of %s have one each among 256', (palette) => {
    const { glyphs: _glyphs, ...colours } = themeOf({ palette, glyphs: 'unicode', indexed: true });
    expect(JSON.stringify(colours)).not.toContain('#');
  });
});

describe('the signs', () => {
  it.each([
    [{ LANG: 'de_DE.UTF-8' }, '●'],
    [{ LC_ALL: 'C.utf8', LANG: 'C' }, '●'],
    [{ LC_ALL: 'C', LANG: 'en_US.UTF-8' }, '*'],
    [{}, '*'],
    [{ LANG: 'C.UTF-8', TERM: 'linux' }, '*'],
  ])('for %j', (environment, running_) => {
    expect(glyphsFor(config, environment).running).toBe(running_);
  });

  it('are what the configuration says', () => {
    const ascii = loadConfig({ set: ['screen.glyphs=ascii'] }).config;
    expect(glyphsFor(ascii, { LANG: 'C.UTF-8' }).running).toBe('*');
  });
});
