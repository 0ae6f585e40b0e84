import { editPin, editSchema } from '../src/operations/pins/editing.ts';

/** The editor: moves the pin in one file, as its owner. Protocol: src/operations/pins/editing.ts. */
const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
const request = editSchema.parse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
process.stdout.write(JSON.stringify(editPin(request)));
