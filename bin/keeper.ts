import { createInterface } from 'node:readline';
import type { HoldAnswer, HoldRequest } from '../src/snapshots/owner/hold-protocol.ts';
import { Hold } from '../src/snapshots/owner/hold.ts';

/** The keeper: holds databases as the user whose they are, until it is killed. Protocol: owner/hold-protocol.ts. */
const hold = new Hold();
process.umask(0o077);
for await (const line of createInterface({ input: process.stdin })) {
  let answer: HoldAnswer;
  try {
    answer = { held: hold.take(JSON.parse(line) as HoldRequest) };
  } catch (error) {
    answer = { problem: error instanceof Error ? error.message : String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
// Not an orderly end: closing a damaged database would fold its write-ahead log in.
process.kill(process.pid, 'SIGKILL');
