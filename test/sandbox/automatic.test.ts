import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layoutOf } from '../../src/sandbox/layout.ts';
import { TestSandbox } from './sandbox.ts';

/** Operations that nobody asked for: they make way. */

let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await TestSandbox.create({ large: 40 * 1024 * 1024 });
});
afterAll(() => sandbox.destroy());

interface Started {
  operation: { id: number };
}
interface Shown {
  operation: { outcome: string; reason: string | null; actor: { surface: string } };
}

describe('a probe whose time has come', () => {
  it('is stopped, and ends well, when somebody asks for something', async () => {
    // Alice's server answers who it is, and then takes its time: the probe is in the middle of it.
    let asked = () => {};
    const probing = new Promise<void>((resolve) => (asked = resolve));
    const server = createServer((request, response) => {
      if (request.url === '/.well-known/t3/environment') response.end('{"serverVersion":"0.0.24"}');
      else asked();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const file = layoutOf(sandbox.root).environmentFile('alice');
    const before = readFileSync(file, 'utf8');
    writeFileSync(file, `T3_PORT=${(server.address() as { port: number }).port}\n`);
    try {
      const unasked = await sandbox.json<Started>(
        '--surface',
        'automatic',
        '--set',
        'limits.httpTimeout=10s',
        'probe',
        'alice',
        '--detach',
      );
      await probing;
      const wanted = await sandbox.run('backup', 'bob');
      expect(wanted.exitCode).toBe(0);
      const shown = await sandbox.json<Shown>('operations', String(unasked.operation.id));
      expect(shown.operation).toMatchObject({ outcome: 'interrupted', actor: { surface: 'automatic' } });
    } finally {
      server.closeAllConnections();
      server.close();
      writeFileSync(file, before);
    }
  });

  it('waits its turn behind what somebody asked for', async () => {
    const started = await sandbox.json<Started>('backup', 'alice', 'bob', '--detach');
    const release = await sandbox.holdCopy('alice', started.operation.id);
    try {
      const unasked = await sandbox.run('--surface', 'automatic', 'probe', 'bob');
      expect(unasked.exitCode).toBe(3);
      expect(unasked.stderr).toContain(`operation ${started.operation.id} (backup) is running`);
    } finally {
      release();
    }
    const followed = await sandbox.run('operations', String(started.operation.id), '--follow');
    expect(followed.exitCode).toBe(0);
  });
});
