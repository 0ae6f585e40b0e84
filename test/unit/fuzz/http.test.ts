import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HttpFailure, systemHttp, type Http } from '../../../src/host/http.ts';
import { configureProperties, runs } from '../properties/runs.ts';

/** A server that answers with anything: whoever asks gets an answer within bounds, or a reason, within the time. */

configureProperties();

type Move = { send: Buffer } | { close: 'end' | 'reset' | 'never' };

let server: Server;
let moves: readonly Move[] = [];
let http: Http;
let url: string;
const open = new Set<Socket>();

beforeAll(async () => {
  server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
    socket.once('data', () => {
      for (const move of moves) {
        if ('send' in move) socket.write(move.send);
        else if (move.close === 'end') socket.end();
        else if (move.close === 'reset') socket.resetAndDestroy();
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  url = `http://127.0.0.1:${address.port}/`;
  http = systemHttp();
});
afterAll(async () => {
  await http.close();
  for (const socket of open) socket.destroy();
  server.close();
});

const bytes = fc.uint8Array({ maxLength: 64 }).map((some) => Buffer.from(some));
const head = fc.constantFrom(
  'HTTP/1.1 200 OK\r\n',
  'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n',
  'HTTP/1.1 999 What\r\n',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/0.9 \r\n',
  'HTTP/1.1 204 No Content\r\n',
);
const header = fc.constantFrom(
  'Content-Length: 5\r\n',
  'Content-Length: -1\r\n',
  'Content-Length: 999999999999\r\n',
  'Content-Length: 5\r\nContent-Length: 6\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: gzip, chunked\r\n',
  'Content-Encoding: gzip\r\n',
  'Set-Cookie: t3_session=\u0000\r\n',
  `X: ${'x'.repeat(20_000)}\r\n`,
  'X: \u001b[2J\r\n',
  ' folded\r\n',
  'Connection: close\r\n',
  'Upgrade: websocket\r\nConnection: upgrade\r\n',
);
const body = fc.constantFrom(
  'hello',
  '5\r\nhello\r\n0\r\n\r\n',
  'ffffffff\r\n',
  '5\r\nhel',
  'x'.repeat(5000),
  '',
);
const parts = fc.oneof(
  fc
    .tuple(head, fc.array(header, { maxLength: 3 }), body)
    .map(([first, headers, last]) => Buffer.from(`${first}${headers.join('')}\r\n${last}`, 'latin1')),
  bytes,
);
const script = fc.tuple(
  fc.array(parts, { maxLength: 3 }).map((all) => all.map((send): Move => ({ send }))),
  fc.constantFrom<Move>({ close: 'end' }, { close: 'end' }, { close: 'reset' }, { close: 'never' }),
);

const maxBody = 1000;
const timeout = 150;

describe('a server that sends anything', () => {
  it('is answered within its bounds, or there is a reason, in time', async () => {
    await fc.assert(
      fc.asyncProperty(script, async ([sends, last]) => {
        moves = [...sends, last];
        const began = performance.now();
        try {
          const { body: text, status } = await http.fetch(url, { timeout, maxBody });
          expect(Buffer.byteLength(text.replaceAll('\ufffd', '?'))).toBeLessThanOrEqual(maxBody);
          expect(status).toBeGreaterThanOrEqual(100);
        } catch (error) {
          expect(error).toBeInstanceOf(HttpFailure);
          expect((error as Error).message).toMatch(
            /^(no answer in|the answer is|nothing listens|the connection broke)/,
          );
        }
        // A loaded machine wakes late; one that is waited for would take as long as the test may.
        expect(performance.now() - began).toBeLessThan(timeout + 20_000);
      }),
      // Some wait for their timeout.
      { numRuns: Math.min(runs, 2000) },
    );
  }, 900_000);
});
