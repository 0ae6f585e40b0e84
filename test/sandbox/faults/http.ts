import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Http } from '../../../src/host/http.ts';

/** What an operation asks over HTTP. */
export const asked = ['environment', 'session', 'exchange', 'dispatch'] as const;
type Asked = (typeof asked)[number];

/** What it may be answered, by whoever has the port: bytes on a socket, after which it closes; or nothing. */
const answers = {
  hangs: undefined,
  resets: 'reset',
  'is not HTTP': '\u0000\u001b[2J\r\n\r\n',
  'answers nothing of use': 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}',
  fails: 'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
  lies: [
    'HTTP/1.1 200 OK',
    'Set-Cookie: t3_session=eyJzaWQiOiJzdG9sZW4ifQ.x; Path=/',
    'Connection: close',
    '',
    '{"serverVersion":"0.0.31","authenticated":true,"auth":{"sessionCookieName":"t3_session"}}',
  ].join('\r\n'),
} as const;
export type Answer = keyof typeof answers;
export const allAnswers = Object.keys(answers) as Answer[];

/** Who asks this is answered so: the first time, or each time. */
export interface HttpFault {
  asked: Asked;
  answer: Answer;
  times: 'once' | 'always';
}

/** HTTP as it is, but that some requests reach somebody else, by a socket of their own. */
export function faultyHttp(http: Http, dispatch: string, fault: HttpFault): Http {
  let left = fault.times === 'once' ? 1 : Number.POSITIVE_INFINITY;
  const answer = answers[fault.answer];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    if (answer === 'reset') socket.resetAndDestroy();
    else if (answer !== undefined) socket.once('data', () => socket.end(answer));
  });
  server.listen(0, '127.0.0.1').unref();
  return {
    ...http,
    async fetch(url, options) {
      if (left === 0 || askedBy(url, options.method, dispatch) !== fault.asked)
        return http.fetch(url, options);
      left -= 1;
      if (!server.listening) await once(server, 'listening');
      const { port } = server.address() as { port: number };
      return http.fetch(`http://127.0.0.1:${port}/`, options);
    },
  };
}

function askedBy(url: string, method: string | undefined, dispatch: string): Asked {
  if (url.startsWith(dispatch)) return 'dispatch';
  if (method === 'POST') return 'exchange';
  return url.endsWith('/api/auth/session') ? 'session' : 'environment';
}
