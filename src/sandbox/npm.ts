import { existsSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Layout } from './layout.ts';
import { scriptText } from './packages/tarball.ts';

/**
 * npm as a program of the sandbox, on the Node that runs the sandbox. The first line of the one that is found here asks
 * for whichever `node` is on a PATH that knows nothing of version managers: an old one that takes twice as long to
 * start, or none.
 */
export function installNpm(layout: Layout): void {
  const found = (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .map((folder) => path.join(folder, 'npm'))
    .find((file) => path.isAbsolute(file) && existsSync(file));
  // Without one there is none in the sandbox either, as on a host without one.
  if (found === undefined) return;
  const program = realpathSync(found);
  const command = program.endsWith('.js') ? [process.execPath, program] : [program];
  writeFileSync(layout.npm, scriptText(command), { mode: 0o755 });
}
