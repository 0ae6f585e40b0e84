import type { Agent, IncomingMessage } from 'node:http';
import { http, https } from './node-http.ts';

/** An answer of an instance or the dispatch; its body is complete and within the limit. */
export interface HttpAnswer {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: string;
  /** Milliseconds from the request to the end of the body. */
  took: number;
}

/** Why there is no answer: a verdict needs the kind, the admin the words. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  readonly kind: 'refused' | 'timeout' | 'reset' | 'too large' | 'malformed';

  constructor(kind: HttpFailure['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

export interface HttpRequest {
  method?: 'GET' | 'POST';
  headers?: Readonly<Record<string, string>>;
  body?: string;
  /** Milliseconds for everything: connecting, headers, body. A server that trickles is as dead as a silent one. */
  timeout: number;
  /** Bytes. */
  maxBody: number;
}

export interface Http {
  /** @throws HttpFailure */
  fetch(url: string, options: HttpRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
}

/** How long a connection that nobody uses is kept, milliseconds; less where its other end says so. */
const kept = 30_000;

/** Bytes of an answer's headers. */
const maxHeaders = 16 * 1024;

/**
 * HTTP with kept-alive connections and hard bounds; redirects are never followed.
 *
 * @param socketPath Speak to this Unix socket instead (the sandbox's supervisor).
 */
export function systemHttp(socketPath?: string): Http {
  const agents = new Map<string, Agent>();
  const agentFor = (protocol: string): Agent => {
    const known = agents.get(protocol);
    if (known !== undefined) return known;
    const { Agent: Kind } = protocol === 'https:' ? https() : http;
    const agent = new Kind({ keepAlive: true, maxSockets: 2, timeout: kept });
    agents.set(protocol, agent);
    return agent;
  };
  /** Resolves with the head of the answer. */
  const send = (url: URL, options: HttpRequest, signal: AbortSignal): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const request = (url.protocol === 'https:' ? https() : http).request(url, {
        agent: agentFor(url.protocol),
        method: options.method ?? 'GET',
        headers: { ...options.headers },
        maxHeaderSize: maxHeaders,
        signal,
        ...(socketPath === undefined ? {} : { socketPath }),
      });
      let answered = false;
      request.on('response', (answer) => {
        answered = true;
        resolve(answer);
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        // A kept connection may be closed by its other end in the moment in which it is used again: that says nothing.
        if (request.reusedSocket && !answered && error.code === 'ECONNRESET' && request.method === 'GET')
          resolve(send(url, options, signal));
        else reject(error);
      });
      request.end(options.body);
    });
  return {
    async fetch(url, options) {
      const started = performance.now();
      const deadline = AbortSignal.timeout(options.timeout);
      try {
        const answer = await send(new URL(url), options, deadline);
        const chunks: Buffer[] = [];
        let length = 0;
        for await (const chunk of answer as AsyncIterable<Buffer>) {
          length += chunk.length;
          if (length > options.maxBody) {
            answer.destroy();
            throw new HttpFailure('too large', `the answer is longer than ${options.maxBody} bytes`);
          }
          chunks.push(chunk);
        }
        return {
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          body: Buffer.concat(chunks).toString('utf8'),
          took: performance.now() - started,
        };
      } catch (error) {
        throw asFailure(error, { late: deadline.aborted, timeout: options.timeout });
      }
    },
    close: async () => {
      for (const agent of agents.values()) agent.destroy();
    },
  };
}

function asFailure(error: unknown, about: { late: boolean; timeout: number }): HttpFailure {
  if (error instanceof HttpFailure) return error;
  if (about.late) return new HttpFailure('timeout', `no answer in ${about.timeout / 1000} s`);
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code.startsWith('HPE_')) return new HttpFailure('malformed', 'the answer is not HTTP');
  if (code === 'ECONNREFUSED' || code === 'ENOENT' || code === 'EACCES') {
    return new HttpFailure('refused', `nothing listens there (${code})`);
  }
  return new HttpFailure('reset', `the connection broke (${code === '' ? 'closed' : code})`);
}
