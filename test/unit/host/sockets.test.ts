import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { parseListening, systemSockets } from '../../../src/host/sockets.ts';

const tcp = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1004 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1163 1 0000000000000000 100 0 0 10 0
   1: 0100007F:A8D1 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 584465 1 0000000000000000 100 0 0 10 0
   2: 0100007F:1004 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 584466 1 0000000000000000 20 4 30 10 -1
`;

const tcp6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:1004 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 77 1 0000000000000000 100 0 0 10 0
   1: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 78 1 0000000000000000 100 0 0 10 0
   2: 0000000000000000FFFF00000100007F:0051 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 79 1 0000000000000000 100 0 0 10 0
`;

describe('/proc/net/tcp', () => {
  it('tells who listens, and not who is connected', () => {
    expect(parseListening(tcp)).toEqual([
      { address: '0.0.0.0', port: 4100, uid: 1000, inode: '1163' },
      { address: '127.0.0.1', port: 43217, uid: 0, inode: '584465' },
    ]);
  });

  it('and /proc/net/tcp6 in its own byte order', () => {
    expect(parseListening(tcp6).map(({ address, port }) => `${address} ${port}`)).toEqual([
      ':: 4100',
      '::1 80',
      '::ffff:7f00:1 81',
    ]);
  });

  it.each([
    ['nothing', ''],
    ['a line cut off', '   0: 00000000:1004 00000000:0000 0A'],
    ['an address of another length', tcp.replaceAll('00000000:1004', '0000:1004')],
    ['a port that is none', tcp.replaceAll(':1004', ':XYZW')],
  ])('with %s is no listener on 4100', (_what, text) => {
    expect(parseListening(text).filter(({ port }) => port === 4100)).toEqual([]);
  });
});

describe('listeners', () => {
  it('are found with the process that listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    expect(await systemSockets.listeners(new Set([port]))).toEqual([
      { address: '127.0.0.1', port, uid: process.getuid?.(), pids: [process.pid] },
    ]);
    server.close();
    await once(server, 'close');
    expect(await systemSockets.listeners(new Set([port]))).toEqual([]);
  });
});
