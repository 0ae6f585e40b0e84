import { mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import type { T3 } from './subject.ts';

const source = path.resolve(import.meta.dirname, '../../../src/sandbox/t3');
const sqlite = createRequire(import.meta.url).resolve('better-sqlite3');

/**
 * Bundle today's stand-in into a folder of its own: hundreds of starts from the sources would take minutes.
 *
 * @returns makes the T3 of a version.
 */
export async function bundleStandIn(): Promise<(version: string) => T3> {
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), 't3-stand-in-')), 'stand-in-t3.mjs');
  await build({
    stdin: {
      contents: `import { standInDoor } from './door.ts'; process.exitCode = await standInDoor(process.argv.slice(2));`,
      resolveDir: source,
    },
    outfile: file,
    bundle: true,
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
  return (version) => ({ command: [process.execPath, file, '--stand-in-version', version], version });
}
