import { createReadStream, writeSync } from 'node:fs';
import { Supervisor } from '../src/sandbox/supervisor/supervisor.ts';

/**
 * The supervisor of a sandbox: `supervisor ROOT READY [LIFELINE]`. Writes a byte to the descriptor READY once it
 * listens. With a LIFELINE (a pipe that its owner holds open) it ends when the owner does, however that one died.
 */
const [root = '', ready = '', lifeline] = process.argv.slice(2);
const supervisor = new Supervisor(root);
const end = () => void supervisor.shutdown().then(() => process.exit(0));
process.on('SIGTERM', end);
process.on('SIGINT', end);
process.on('SIGHUP', () => undefined);
await supervisor.listen();
if (lifeline !== undefined)
  createReadStream('', { fd: Number(lifeline) })
    .on('close', end)
    .on('error', end)
    .resume();
writeSync(Number(ready), '\n');
