import { createReadStream, writeSync } from 'node:fs';
import { removeSandbox } from '../src/sandbox/destroy.ts';
import { Supervisor } from '../src/sandbox/supervisor/supervisor.ts';

/**
 * The supervisor of a sandbox: `supervisor ROOT READY [LIFELINE]`. Writes a byte to the descriptor READY once it
 * listens. With a LIFELINE (a pipe that its owner holds open) it ends, and takes the whole sandbox with it, when the
 * owner does, however that one died.
 */
const [root = '', ready = '', lifeline] = process.argv.slice(2);
const supervisor = new Supervisor(root);
const end = () => void supervisor.shutdown().then(() => process.exit(0));
/** The owner of a tied sandbox is gone, and with it the only reason for the sandbox. */
const vanish = () =>
  void supervisor
    .shutdown()
    .then(() => removeSandbox(root))
    .then(() => process.exit(0));
process.on('SIGTERM', end);
process.on('SIGINT', end);
process.on('SIGHUP', () => undefined);
await supervisor.listen();
if (lifeline !== undefined) {
  createReadStream('', { fd: Number(lifeline) })
    .on('close', vanish)
    .on('error', vanish)
    .resume();
}
writeSync(Number(ready), '\n');
