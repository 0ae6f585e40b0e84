import { readFileSync } from 'node:fs';
import { processIo } from '../src/commands/io.ts';
import { main } from '../src/commands/main.ts';

/** The command line, and the way into the cockpit. React is loaded only for the latter. */
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
process.exitCode = await main(process.argv.slice(2), processIo, {
  version,
  cockpit: async (context) => {
    const { openCockpit } = await import('./cockpit.tsx');
    return openCockpit(context);
  },
});
