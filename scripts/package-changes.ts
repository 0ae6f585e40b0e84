import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/** One place in the text of a package: found exactly once, or the build fails. */
type Change = readonly [before: string, after: string];

const lru = "import QuickLRU from 'quick-lru';\n";

/**
 * What the bundle changes in packages, for time (measured, docs/architecture.md), never in what they do; a package that
 * has changed there is not built.
 *
 * - Ink draws each frame from nothing: what it knew of a line's width and its styled characters it forgets, although most
 *   lines are those of the frame before. In the bundle it remembers: the same functions, with bounded caches that last.
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
  'yoga-layout/dist/binaries/yoga-wasm-base64-esm.js': [
    ['return w||"function"!=typeof fetch?', 'return!0?'],
    [
      'var b=xa(a.slice(37)),c=new Uint8Array(b.length);for(a=0;a<b.length;++a)c[a]=b.charCodeAt(a);var d=c',
      'var d=new Uint8Array(Buffer.from(a.slice(37),"base64"))',
    ],
  ],
  'string-width/index.js': [
    ["import stripAnsi from 'strip-ansi';\n", `import stripAnsi from 'strip-ansi';\n${lru}`],
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
      builder.onLoad(
        { filter: new RegExp(`/node_modules/${name.replaceAll('.', '\\.')}$`) },
        async ({ path }) => ({
          contents: changed(await readFile(path, 'utf8'), wanted, name),
        }),
      );
    }
  },
};
