import { describe, expect, it, vi } from 'vitest';
import { svgOf } from '../../../scripts/svg.ts';
import { width } from '../../../src/view/format.ts';
import { cellsOfState } from './emulate.tsx';
import { opened, scenes, sizes } from './scenes.ts';

// Ink's colour library looks once, when it is loaded.
vi.hoisted(() => {
  process.env['FORCE_COLOR'] = '3';
  // Times of day are in the pictures.
  process.env['TZ'] = 'UTC';
});

/**
 * The screens as pictures of a true emulator, reviewed as such: `npm run screens` writes them anew. Colour is drawn where
 * there is some, and without it the words and signs have to be enough.
 */
describe.each(scenes)('$name', ({ name, title, fleet, actions }) => {
  describe.each(sizes)('at $columns columns', (size) => {
    it.each(['dark', 'none'] as const)('in %s', async (palette) => {
      const cells = await cellsOfState(opened(size, palette, fleet, ...actions));
      const lines = cells.map((row) =>
        row.map(({ text, columns }) => (columns === 0 ? '' : text || ' ')).join(''),
      );
      // Nothing wraps, and the last line stays free: a frame as tall as the terminal would scroll.
      expect(cells).toHaveLength(size.rows);
      expect(lines.every((line) => width(line.trimEnd()) <= size.columns)).toBe(true);
      expect(lines[0]).toContain('t3-cockpit');
      expect(lines.at(-1)?.trim()).toBe('');
      if (palette === 'none')
        expect(cells.flat().every(({ colour, background }) => colour ?? background ?? true)).toBe(true);
      await expect(svgOf(cells, title)).toMatchFileSnapshot(
        `pictures/${name}-${size.columns}x${size.rows}-${palette}.svg`,
      );
    });
  });
});

describe('the other palettes', () => {
  it.each(['light', 'sixteen'] as const)('%s', async (palette) => {
    const scene = scenes.find(({ name }) => name === 'backup');
    if (scene === undefined) throw new Error('no such scene');
    const size = { columns: 120, rows: 40 };
    const cells = await cellsOfState(opened(size, palette, scene.fleet, ...scene.actions));
    await expect(svgOf(cells, scene.title, palette === 'light' ? 'light' : 'dark')).toMatchFileSnapshot(
      `pictures/palette-of-${palette}.svg`,
    );
  });
});
