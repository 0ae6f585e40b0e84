import { systemCommands } from '../src/host/commands.ts';
import { systemHttp } from '../src/host/http.ts';
import type { TrialLine, TrialRequest } from '../src/t3/gate/protocol.ts';
import { holdTrial } from '../src/t3/gate/trial.ts';

/** The gate's prober: holds a server under trial, beside it. Protocol: src/t3/gate/protocol.ts. */
const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
const tell = (line: TrialLine) => process.stdout.write(`${JSON.stringify(line)}\n`);
const http = systemHttp();
const report = await holdTrial(
  JSON.parse(Buffer.concat(chunks).toString('utf8')) as TrialRequest,
  { commands: systemCommands(), http },
  (doing) => tell({ doing }),
);
tell({ report });
await http.close();
