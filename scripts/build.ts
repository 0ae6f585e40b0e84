import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { build as esbuild, type Plugin } from 'esbuild';
import { packageChanges } from './package-changes.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Ink imports the React devtools bridge only under DEV=true; a stub keeps it, and its websocket, out of the bundle. */
export const withoutDevtools: Plugin = {
  name: 'without-react-devtools',
  setup(builder) {
    builder.onResolve({ filter: /^react-devtools-core$/ }, () => ({ path: 'stub', namespace: 'devtools' }));
    builder.onLoad({ filter: /.*/, namespace: 'devtools' }, () => ({
      contents: 'export default { initialize() {}, connectToDevTools() {} };',
    }));
  },
};

/**
 * Bundle every door in bin/ (one entry a process kind) into dist/, with the chunks that they share.
 *
 * @param clean Remove what was there: chunks have their hash in their name, and old ones pile up. Not for tests, of which
 *   several runs may use the folder at once.
 * @param more Further entries, by the names that they get.
 */
export async function build(clean = true, more: Readonly<Record<string, string>> = {}): Promise<void> {
  const outdir = path.join(root, 'dist');
  const doors = (await readdir(path.join(root, 'bin'))).filter((name) => /\.tsx?$/.test(name));
  if (clean) await rm(outdir, { recursive: true, force: true });
  const entries = doors.map((name) => [path.parse(name).name, path.join('bin', name)]);
  await bundle({ ...Object.fromEntries(entries), ...more }, outdir);
}

/** Bundle programs as the doors are. @param entryPoints Each by the name that it gets. */
export async function bundle(
  entryPoints: string[] | Readonly<Record<string, string>>,
  outdir: string,
): Promise<void> {
  const { outputFiles } = await esbuild({
    absWorkingDir: root,
    write: false,
    entryPoints: Array.isArray(entryPoints) ? entryPoints : { ...entryPoints },
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.22',
    jsx: 'automatic',
    external: ['better-sqlite3'],
    plugins: [withoutDevtools, packageChanges],
    // React's development build costs a quarter more CPU (measured, docs/architecture.md).
    define: { 'process.env.NODE_ENV': '"production"' },
    // Bundled CommonJS packages call require() for Node's own modules.
    banner: {
      js: "import { createRequire as t3CockpitRequire } from 'node:module';\nconst require = t3CockpitRequire(import.meta.url);",
    },
    chunkNames: 'chunk-[hash]',
    legalComments: 'none',
    minify: true,
    sourcemap: false,
    logLevel: 'warning',
  });
  await mkdir(path.resolve(root, outdir), { recursive: true });
  for (const { path: file, contents } of outputFiles) await replace(file, contents);
}

/** Whole, and only where it is another: two builds of the same may meet, and somebody may be running what is there. */
async function replace(file: string, contents: Uint8Array): Promise<void> {
  if ((await readFile(file).catch(() => undefined))?.equals(contents) === true) return;
  const partial = `${file}.${process.pid}`;
  await writeFile(partial, contents);
  await rename(partial, file);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build();
