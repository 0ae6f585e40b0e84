import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/** One place in the text of a package: found exactly once, or the build fails. */
type Change = readonly [before: string, after: string];

const lru = "import QuickLRU from 'quick-lru';\n";

/** What nearly all of a screen is made of: signs that take a column each, and join with nothing. */
const signs = String.raw` -~\u00b7\u2013\u2014\u2018-\u201d\u2026\u203a\u2190-\u2193\u2260\u2500-\u259f\u25b8\u25be\u25c6\u25cb\u25cf\u25d0\u2713\u2717`;

/** In the place of an `Intl.Segmenter`: one is made, which takes milliseconds, when there may be something to be joined. */
const segmenter = (options: string): string =>
  `{
	real: undefined,
	segment(text) {
		if (/^[${signs}\\u001b]*$/.test(text)) {
			const segments = Array.from(text, (segment, index) => ({segment, index}));
			return Object.assign(segments, {containing: (index) => segments[index]});
		}
		return (this.real ??= new Intl.Segmenter(${options})).segment(text);
	},
}`;

const graphemes = "undefined, {granularity: 'grapheme'}";

/**
 * What the bundle changes in packages, for time (measured, docs/architecture.md), never in what they do
 * (test/components/package-changes.test.ts); a package that has changed there is not built.
 *
 * - Ink draws each frame from nothing: what it knew of a line's width and its styled characters it forgets, although most
 *   lines are those of the frame before. In the bundle it remembers: the same functions, with bounded caches that last.
 * - Unicode's rules for what joins to one sign, and for what is an emoji, take 20 ms to be made ready, which is what a bare
 *   Node takes to start. They are asked only where there may be such a sign.
 * - Yoga fetches its WebAssembly from a `data:` address, for which Node loads all of its HTTP client: it is decoded instead.
 */
const changes: Readonly<Record<string, readonly Change[]>> = {
  'ink/build/output.js': [
    ["import stringWidth from 'string-width';\n", `import stringWidth from 'string-width';\n${lru}`],
    ['    widths = new Map();', '    widths = new QuickLRU({ maxSize: 4096 });'],
    ['    blockWidths = new Map();', '    blockWidths = new QuickLRU({ maxSize: 2048 });'],
    // By far the largest: an object a character, of lines that may be as wide as the terminal.
    ['    styledChars = new Map();', '    styledChars = new QuickLRU({ maxSize: 512 });'],
    [
      '    getStringWidth(text) {\n',
      "    getStringWidth(text) {\n        if (text.length === 1 && text >= ' ' && text <= '~') return 1;\n",
    ],
    ['    caches = new OutputCaches();', '    caches = lastingCaches;'],
    [
      'export default class Output {',
      'const lastingCaches = new OutputCaches();\nexport default class Output {',
    ],
  ],
  'ink/build/sanitize-ansi.js': [
    [
      'const sgrParametersRegex =',
      `${lru}const known = new QuickLRU({ maxSize: 4096 });\nconst sgrParametersRegex =`,
    ],
    [
      'const sanitizeAnsi = (text) => {',
      `const sanitizeAnsi = (text) => {
    let sane = known.get(text);
    if (sane === undefined) known.set(text, (sane = sanitized(text)));
    return sane;
};
const sanitized = (text) => {`,
    ],
  ],
  'ink/build/line-update.js': [
    ["new Intl.Segmenter(undefined, { granularity: 'grapheme' })", segmenter(graphemes)],
  ],
  '@alcalzone/ansi-tokenize/build/tokenize.js': [
    ['new Intl.Segmenter(undefined, { granularity: "grapheme" })', segmenter(graphemes)],
  ],
  'slice-ansi/tokenize-ansi.js': [
    ["new Intl.Segmenter(undefined, {granularity: 'grapheme'})", segmenter(graphemes)],
  ],
  'wrap-ansi/index.js': [
    ['const segmenter = new Intl.Segmenter()', `const segmenter = ${segmenter(graphemes)}`],
  ],
  'string-width/index.js': [
    ["import stripAnsi from 'strip-ansi';\n", `import stripAnsi from 'strip-ansi';\n${lru}`],
    ['const segmenter = new Intl.Segmenter()', `const segmenter = ${segmenter(graphemes)}`],
    [
      'export default function stringWidth(input, options = {}) {',
      `const known = new QuickLRU({ maxSize: 4096 });
export default function stringWidth(input, options) {
	if (options !== undefined || typeof input !== 'string') return measured(input, options);
	let width = known.get(input);
	if (width === undefined) known.set(input, (width = measured(input)));
	return width;
}
function measured(input, options = {}) {`,
    ],
    [
      'if (/^[\\u0020-\\u007E]*$/.test(string)) {',
      `if ((ambiguousIsNarrow ? /^[${signs}]*$/ : /^[ -~]*$/).test(string)) {`,
    ],
  ],
  'yoga-layout/dist/binaries/yoga-wasm-base64-esm.js': [
    ['return w||"function"!=typeof fetch?', 'return!0?'],
    [
      'var b=xa(a.slice(37)),c=new Uint8Array(b.length);for(a=0;a<b.length;++a)c[a]=b.charCodeAt(a);var d=c',
      'var d=new Uint8Array(Buffer.from(a.slice(37),"base64"))',
    ],
  ],
};

/** @returns The text with each change made. @throws when it is not the text that they were made for. */
export function changed(text: string, wanted: readonly Change[], name: string): string {
  return wanted.reduce((done, [before, after]) => {
    if (done.split(before).length !== 2)
      throw new Error(`${name} has changed: ${JSON.stringify(before)} is not in it once`);
    return done.replace(before, () => after);
  }, text);
}

export const packageChanges: Plugin = {
  name: 'package-changes',
  setup(builder) {
    for (const [name, wanted] of Object.entries(changes)) {
      const filter = new RegExp(`/node_modules/${name.replaceAll('.', '\\.')}$`);
      builder.onLoad({ filter }, async ({ path }) => ({
        contents: changed(await readFile(path, 'utf8'), wanted, name),
      }));
    }
  },
};
