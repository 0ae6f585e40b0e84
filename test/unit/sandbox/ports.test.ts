import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { closeAll, descriptorOf, takePorts, type Ports } from '../../../src/sandbox/ports.ts';

/** The ports of sandboxes: nobody else's by chance. */

const taken: Ports[] = [];
const take = async (count: number) => {
  const ports = await takePorts(count);
  taken.push(ports);
  return ports;
};
afterEach(async () => {
  for (const { marks } of taken.splice(0)) await closeAll(marks);
});
const [ephemeral = 0] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
  .split(/\s+/)
  .map(Number);

describe('the ports of a sandbox', () => {
  it('are none that the kernel hands out by itself, and none of another sandbox’s', async () => {
    const all = await Promise.all([take(5), take(5), take(600)]);
    const ports = all.flatMap((each) => each.ports);
    expect(ports).toHaveLength(610);
    expect(new Set(ports).size).toBe(610);
    expect(Math.max(...ports)).toBeLessThan(ephemeral);
    expect(all.map(({ marks }) => marks.length)).toEqual([1, 1, 3]);
  });

  it('stay its own as long as somebody has its marks open, whoever took them', async () => {
    const { marks, ports } = await take(3);
    const [mark] = marks;
    if (mark === undefined) throw new Error('no mark');
    const { port } = mark.address() as { port: number };
    const child = spawn('sleep', ['infinity'], {
      stdio: ['ignore', 'ignore', 'ignore', descriptorOf(mark)],
    });
    await once(child, 'spawn');
    await closeAll(marks);
    const listens = async () => {
      const server = createServer().listen(port, '127.0.0.1');
      const said = await once(server, 'listening').then(
        () => 'free',
        (error: NodeJS.ErrnoException) => error.code,
      );
      server.close();
      return said;
    };
    expect(await listens()).toBe('EADDRINUSE');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await listens()).toBe('free');
    expect(ports).not.toContain(port);
  });
});
