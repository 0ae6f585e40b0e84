import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll } from 'vitest';
import type { T3 } from './subject.ts';

const source = path.resolve(import.meta.dirname, '../../../src/sandbox/t3');
const sqlite = createRequire(import.meta.url).resolve('better-sqlite3');

/**
 * Bundle today's stand-in into a folder of its own, for the tests of one file: hundreds of starts from the sources would
 * take minutes. Must be called while the file is collected.
 *
 * @returns makes the T3 of a version.
 */
export async function bundleStandIn(): Promise<(version: string) => T3> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 't3-stand-in-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  await build({
    stdin: {
      contents: `import { standInDoor } from './door.ts'; process.exitCode = await standInDoor(process.argv.slice(2));`,
      resolveDir: source,
    },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.22',
    logLevel: 'warning',
    plugins: [
      {
        name: 'native-module-where-it-is-installed',
        setup: (builder) =>
          builder.onResolve({ filter: /^better-sqlite3$/ }, () => ({ path: sqlite, external: true })),
      },
    ],
  });
  return (version) => ({
    command: [process.execPath, path.join(folder, 'stdin.mjs'), '--stand-in-version', version],
    version,
  });
}
