import type { Report, Task } from '../src/fleet/reader/protocol.ts';
import { serve } from '../src/fleet/reader/serve.ts';

/** The reader: looks into a user's files, as that user. Protocol: src/fleet/reader/protocol.ts. */
const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
const answers = serve(JSON.parse(Buffer.concat(chunks).toString('utf8')) as Task[]);
const { user, system } = process.cpuUsage();
const report: Report = { answers, cpu: (user + system) / 1000 };
process.stdout.write(JSON.stringify(report));
