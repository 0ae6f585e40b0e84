import { readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layoutOf } from '../../src/sandbox/layout.ts';
import { TestSandbox, type Run } from './sandbox.ts';

/**
 * What an instance may answer, against what the admin sees: one host on which every user's server misbehaves in another
 * way, looked at once and probed once. Alice's is well.
 */

interface Case {
  input: string;
  /** What answers in the place of the user's server: bytes on a socket, or HTTP. */
  socket?: (socket: Socket) => void;
  http?: RequestListener;
  /** Below the table, or on the line. */
  sees: RegExp;
  probe: RegExp;
}

const environment = (version: string) => JSON.stringify({ serverVersion: version });

/** A listener that answers the environment truly, and everything else by `others`. */
const pairing =
  (others: RequestListener): RequestListener =>
  (request, response) => {
    if (request.url === '/.well-known/t3/environment') response.end(environment('0.0.24'));
    else others(request, response);
  };

const cases: readonly Case[] = [
  {
    input: 'hangs: it accepts, and never says a word',
    socket: () => undefined,
    sees: /answers: no answer in 5 s/,
    probe: /direct: unreachable: no answer in 5 s/,
  },
  {
    input: 'resets every connection',
    socket: (socket) => socket.resetAndDestroy(),
    sees: /answers: the connection broke/,
    probe: /direct: unreachable: the connection broke/,
  },
  {
    input: 'trickles a byte at a time, for ever',
    socket(socket) {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n');
      const timer = setInterval(() => socket.write(' '), 50);
      socket.on('close', () => clearInterval(timer));
    },
    sees: /answers: no answer in 5 s/,
    probe: /direct: unreachable: no answer in 5 s/,
  },
  {
    input: 'sends 10 MB',
    http: (_, response) => response.end(Buffer.alloc(10 * 1024 ** 2, 'x')),
    sees: /answers: the answer is longer than 65536 bytes/,
    probe: /direct: unreachable: the answer is longer/,
  },
  {
    input: 'sends headers without end',
    socket(socket) {
      socket.write('HTTP/1.1 200 OK\r\n');
      const timer = setInterval(() => socket.write(`X-${'a'.repeat(4000)}: b\r\n`), 1);
      socket.on('close', () => clearInterval(timer));
    },
    sees: /answers: the answer is not HTTP/,
    probe: /direct: unreachable/,
  },
  {
    input: 'speaks no HTTP',
    socket: (socket) => socket.end('\u001b[31mSSH-2.0-OpenSSH_9.2\r\n'),
    sees: /answers: the answer is not HTTP/,
    probe: /direct: unreachable/,
  },
  {
    input: 'lies about its version: a newer one than its database',
    http: (_, response) => response.end(environment('0.0.27')),
    sees: /0\.0\.27 ≠/,
    probe: /direct: unknown: no t3 0\.0\.27 at hand/,
  },
  {
    input: 'lies about its version: one that is none',
    http: (_, response) => response.end(environment('\u001b]0;owned\u0007')),
    sees: /answers: its environment names an impossible version/,
    probe: /direct: unreachable: its environment names an impossible version/,
  },
  {
    input: 'answers every question with a web page',
    http: (_, response) => response.end('<!doctype html>'),
    sees: /answers: its environment is not JSON: not a t3 server/,
    probe: /not a t3 server/,
  },
  {
    input: 'redirects to somewhere else',
    http: (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    sees: /answers: answered 302/,
    probe: /direct: unreachable: answered 302/,
  },
  {
    input: 'hangs only when somebody pairs',
    http: pairing((request, response) => {
      if (request.method === 'GET')
        response.end('{"authenticated":false,"auth":{"sessionCookieName":"t3_session"}}');
    }),
    sees: /running .*0\.0\.24/,
    probe: /direct: unreachable at exchange: no answer in 5 s/,
  },
  {
    input: 'says that everybody is paired, and takes any cookie',
    http: pairing((request, response) =>
      request.method === 'GET'
        ? response.end('{"authenticated":true,"auth":{"sessionCookieName":"\\u001b[31m"}}')
        : response.end('{}'),
    ),
    sees: /running .*0\.0\.24/,
    probe: /direct: broken at cookie: it does not say what its session cookie is called/,
  },
];

let sandbox: TestSandbox;
let status: Run;
let probes: Record<string, string>;
const victims: string[] = [];
const closing: (() => void)[] = [];

async function listen({ socket, http }: Case): Promise<number> {
  const sockets = new Set<Socket>();
  const server = http === undefined ? createServer(socket) : createHttpServer(http);
  server.on('connection', (each: Socket) => {
    sockets.add(each.on('close', () => sockets.delete(each)).on('error', () => each.destroy()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.close();
    for (const each of sockets) each.destroy();
  });
  return (server.address() as { port: number }).port;
}

beforeAll(async () => {
  sandbox = await TestSandbox.create({ users: 3 + cases.length });
  const layout = layoutOf(sandbox.root);
  const table = JSON.parse(readFileSync(layout.dispatchTable, 'utf8')) as Record<
    string,
    { os_user: string; port: number }
  >;
  victims.push(...[...new Set(Object.values(table).map((entry) => entry.os_user))].slice(3));
  for (const [index, each] of cases.entries()) {
    const user = victims[index] ?? '';
    const port = await listen(each);
    // Their own servers go on where nobody looks.
    writeFileSync(layout.environmentFile(user), `T3_PORT=${port}\n`);
    for (const entry of Object.values(table)) if (entry.os_user === user) entry.port = port;
  }
  writeFileSync(layout.dispatchTable, JSON.stringify(table));
  const limits = ['--set', 'limits.httpTimeout=5s', '--set', 'limits.t3Timeout=10s'];
  status = await sandbox.run('status', ...limits);
  const probed = await sandbox.json<{ users: { user: string; reason: string | null; outcome: string }[] }>(
    'probe',
    ...limits,
  );
  probes = Object.fromEntries(probed.users.map(({ user, reason, outcome }) => [user, reason ?? outcome]));
});
afterAll(async () => {
  for (const close of closing) close();
  await sandbox.destroy();
});

describe('a server that', () => {
  it.each(cases.map((each, index) => ({ ...each, index })))('$input', ({ sees, probe, index }) => {
    const user = victims[index] ?? '';
    const lines = status.stdout.split('\n').filter((line) => line.startsWith(user));
    expect(lines.join('\n')).toMatch(sees);
    expect(probes[user]).toMatch(probe);
  });

  it('does none of this is seen as ever, and so is everybody else’s unit', () => {
    expect(status.exitCode).toBe(0);
    expect(status.stdout).toMatch(/^alice +running .*0\.0\.24 +30 /m);
    expect(probes['alice']).toBe('succeeded');
    for (const user of victims) expect(status.stdout).toMatch(new RegExp(`^${user} +running`, 'm'));
    // eslint-disable-next-line no-control-regex
    expect(status.stdout + JSON.stringify(probes)).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });
});
