import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** A block of ports is this long, or a multiple of it. */
const blockSize = 256;

/** Below it are the ports of services. */
const firstPort = 10_240;

/** Ports of loopback for one sandbox. */
export interface Ports {
  ports: number[];
  /**
   * Listen on the first port of each block: as long as anybody has these open, no other sandbox takes the block. Handed on
   * to whoever lives as long as the sandbox.
   */
  marks: Server[];
}

/**
 * Take so many ports of loopback, free now, and marked as taken for other sandboxes, from below those that the kernel
 * hands out by itself (ip(7), ip_local_port_range): a server that is stopped for a moment would lose one of those to
 * anybody's connection, or to another listener that asks for any port.
 *
 * @throws when there are not so many.
 */
export async function takePorts(count: number): Promise<Ports> {
  const size = Math.ceil(count / (blockSize - 1)) * blockSize;
  const blocks = Math.floor((firstOfTheKernel() - firstPort) / blockSize);
  // Two that begin at the same time do not go through all the same blocks.
  const begin = Math.floor(Math.random() * blocks);
  for (let turn = 0; turn < blocks; turn += 1) {
    const first = firstPort + ((begin + turn) % blocks) * blockSize;
    if (first + size > firstPort + blocks * blockSize) continue;
    const all = Array.from({ length: size }, (_, at) => first + at);
    const marks = await listenOn(all.filter((_, at) => at % blockSize === 0));
    if (marks.length === 0) continue;
    const ports = all.filter((_, at) => at % blockSize !== 0).slice(0, count);
    const held = await listenOn(ports);
    await closeAll(held);
    if (held.length === ports.length) return { ports, marks };
    await closeAll(marks);
  }
  throw new Error(`no ${count} ports in a row are free on loopback from ${firstPort} on`);
}

/** The first port that the kernel hands out by itself. */
function firstOfTheKernel(): number {
  const [first = ''] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/);
  return Number(first);
}

/** Listen on all of them; none when one is taken. */
async function listenOn(ports: readonly number[]): Promise<Server[]> {
  const servers: Server[] = [];
  for (const port of ports) {
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
      servers.push(server);
    } catch (error) {
      await closeAll(servers);
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return [];
      throw error;
    }
  }
  return servers;
}

/** @throws never: one that is closed already stays so. */
export async function closeAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
}

/**
 * The descriptor of a server that listens, for a child to inherit. Node tells it nowhere: a server can be sent to a child
 * of its own kind alone, and only by a channel that both keep open.
 */
export function descriptorOf(server: Server): number {
  const { _handle: handle } = server as unknown as { _handle?: { fd?: unknown } };
  if (typeof handle?.fd !== 'number' || handle.fd < 0) throw new Error('a server without a descriptor');
  return handle.fd;
}
