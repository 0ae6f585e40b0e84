import { readFileSync } from 'node:fs';
import { colourLevel } from '../src/cockpit/look.ts';
import { processIo } from '../src/commands/io.ts';
import { main } from '../src/commands/main.ts';
import { takeOver } from '../src/host/invocation.ts';
import { tellFailureApart } from '../src/host/privilege.ts';

/** The command line, and the way into the cockpit. React is loaded only for the latter. */
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
// As root, for the one that waits for it: with its colours, its language, its session.
const { argv, invoked } = takeOver(process.argv.slice(2), process.env);
if (invoked) tellFailureApart();
// `| head` has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});
process.exitCode = await main(argv, processIo, {
  version,
  cockpit: async (context) => {
    // What draws would judge for itself when it is loaded, by other things as well (CI): one judge, the cockpit’s own.
    const level = colourLevel(process.env);
    process.env['FORCE_COLOR'] = String(Math.max(1, level));
    if (level === 0) process.env['NO_COLOR'] = '1';
    const { openCockpit } = await import('./cockpit.tsx');
    return openCockpit(context);
  },
});
