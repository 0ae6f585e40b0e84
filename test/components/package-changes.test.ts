import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build, type Plugin } from 'esbuild';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withoutDevtools } from '../../scripts/build.ts';
import { changed, packageChanges } from '../../scripts/package-changes.ts';
import { configureProperties, runs } from '../unit/properties/runs.ts';

/**
 * In the bundle Ink remembers what it computed for an earlier frame, and more of that kind (scripts/package-changes.ts).
 * What it draws with that is what it draws as it is, frame after frame.
 */

configureProperties();

const root = path.resolve(import.meta.dirname, '../..');
const folder = path.join(root, 'node_modules/.cache/t3-cockpit-package-changes');

/** Ink alone, bundled: lines that lie over each other, clipped, of which some are painted; and what does not fit, in each way. */
const program = `
import { Box, Text, Transform, renderToString } from 'ink';
import { createElement as element } from 'react';
import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';
export const cut = (text, columns, position) => cliTruncate(text, columns, { position }) + stringWidth(text);
const line = ({ text, paint, left }, index) => element(Box, { key: index, position: 'absolute', marginTop: index, marginLeft: left },
  element(Text, { wrap: 'truncate' }, element(Transform, { transform: (line) => paint === '' ? line : '\\u001b[' + paint + 'm' + line + '\\u001b[0m' }, text)));
const ways = ['wrap', 'hard', 'truncate', 'truncate-middle', 'truncate-start'];
const fitted = ({ text, paint }, index) => element(Text, { key: index, wrap: ways[index % ways.length] },
  paint === '' ? text : '\\u001b[' + paint + 'm' + text + '\\u001b[0m');
export const draw = (lines, width) => [
  renderToString(element(Box, { height: 6, width, overflow: 'hidden' }, lines.map(line)), { columns: width }),
  renderToString(element(Box, { flexDirection: 'column', width }, lines.map(fitted)), { columns: width }),
].join('\\n--\\n');
`;

interface Line {
  text: string;
  paint: string;
  left: number;
}
interface Bundled {
  draw: (lines: readonly Line[], width: number) => string;
  cut: (text: string, columns: number, position: 'middle' | 'end') => string;
}

let changedInk: Bundled;
let asItIs: Bundled;
beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  const bundled = async (name: string, plugins: Plugin[]): Promise<Bundled> => {
    const outfile = path.join(folder, `${name}-${process.pid}.mjs`);
    await build({
      stdin: { contents: program, resolveDir: root },
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      define: { 'process.env.NODE_ENV': '"production"' },
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
      plugins: [withoutDevtools, ...plugins],
    });
    return (await import(outfile)) as Bundled;
  };
  [changedInk, asItIs] = await Promise.all([bundled('changed', [packageChanges]), bundled('as-it-is', [])]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What is as wide as it is long, what is not, what has no width, and what only looks alike. */
const letters = fc.oneof(
  fc.constantFrom(
    'a',
    '7',
    '#',
    '*',
    ' ',
    '表',
    'ｱ',
    'é',
    'e\u0301',
    '\u0301',
    '\ufe0f',
    '\u20e3',
    '👍',
    '👨‍👩‍👧',
    '\u200b',
  ),
  fc.constantFrom(...'·–—‘’‚‛“”…›←↑→↓≠▸▾◆○●◐✓✗─│├└┼╱█░▒▟'),
);
const line = fc.record({
  text: fc.string({ unit: letters, maxLength: 30 }),
  paint: fc.constantFrom('', '1', '31', '48;2;1;2;3'),
  left: fc.integer({ min: 0, max: 12 }),
});

describe('Ink as it is bundled', () => {
  it('draws what it draws as it is, however often it has drawn before', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(line, { maxLength: 6 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 40 }),
        (frames, width) => {
          for (const frame of [...frames, ...frames])
            expect(changedInk.draw(frame, width)).toBe(asItIs.draw(frame, width));
        },
      ),
      { numRuns: Math.min(runs, 60) },
    );
  });

  // At 200x60, the first line that had to be cut ended the screen for good: an array is not all that Intl.Segments is.
  it('cuts what it cuts as it is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: letters, maxLength: 30 }),
        fc.integer({ min: 1, max: 30 }),
        fc.constantFrom('middle', 'end'),
        (text, columns, position) => {
          expect(changedInk.cut(text, columns, position)).toBe(asItIs.cut(text, columns, position));
        },
      ),
    );
  });

  it('is not built of a package that has changed', () => {
    expect(() => changed('const a = 1;', [['const b = ', '']], 'ink')).toThrow(/ink has changed/);
    expect(() => changed('aa', [['a', 'b']], 'ink')).toThrow(/is not in it once/);
    expect(changed('a b', [['b', '$&']], 'ink')).toBe('a $&');
  });
});
