import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  answeringOn,
  parseListening,
  strangerOn,
  systemSockets,
  type Listening,
} from '../../../src/host/sockets.ts';

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

describe('what answers on a port of 127.0.0.1', () => {
  const socket = (address: string, uid: number): Listening => ({ address, port: 4100, uid, inode: `${uid}` });
  it.each<[string, Listening[], number[]]>([
    ['one of all addresses', [socket('0.0.0.0', 1000)], [1000]],
    ['one of both families', [socket('::', 1000)], [1000]],
    [
      'one of IPv4 beside one of IPv6, which cannot be of both then',
      [socket('::', 1), socket('0.0.0.0', 2)],
      [2],
    ],
    ['one of IPv6 alone, of loopback', [socket('::1', 1000)], []],
    ['one of another port', [{ ...socket('0.0.0.0', 1000), port: 4101 }], []],
    ['two, of whom one has bound loopback alone', [socket('127.0.0.1', 1), socket('0.0.0.0', 2)], [1, 2]],
  ])('is %s', (_what, listening, uids) => {
    expect(answeringOn(listening, 4100)).toEqual(uids);
  });

  const vera = { name: 'vera', uid: 1000 };
  const asked: number[] = [];
  const judged = (fresh: number[], old = fresh, age = 0) =>
    strangerOn(
      {
        listeners: () => Promise.reject(new Error('unexpected')),
        answering: (_port, oldest = 0) => {
          asked.push(oldest);
          return Promise.resolve(oldest === 0 ? fresh : old);
        },
      },
      4100,
      vera,
      age,
    );
  it('is trusted when it is the user’s own, or root’s, and nobody else’s', async () => {
    expect(await judged([1000])).toBeUndefined();
    expect(await judged([0])).toBeUndefined();
    expect(await judged([1000, 1001])).toMatch(/in the hands of another user \(uid 1001\), not of vera/);
    expect(await judged([])).toMatch(/cannot be told/);
  });
  it('is judged anew where an old reading knows of a stranger, or of nobody', async () => {
    expect(await judged([1000], [1001], 250)).toBeUndefined();
    expect(await judged([1001], [], 250)).toMatch(/uid 1001/);
    asked.length = 0;
    expect(await judged([1000], [1000], 250)).toBeUndefined();
    expect(asked).toEqual([250]);
  });
  it('is found out of the kernel’s own tables', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    expect(await systemSockets.answering(port)).toEqual([process.getuid?.()]);
    server.close();
    await once(server, 'close');
    expect(await systemSockets.answering(port)).toEqual([]);
  });
});
