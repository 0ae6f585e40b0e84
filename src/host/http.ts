import type { Agent } from 'undici';

/** Loaded when the first question is asked: the first frame need not wait for it (bench/first-frame.ts). */
const loadUndici = () => import('./undici.ts');

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

/**
 * HTTP with kept-alive connections and hard bounds; redirects are never followed.
 *
 * @param socketPath Speak to this Unix socket instead (the sandbox's supervisor).
 */
export function systemHttp(socketPath?: string): Http {
  let agent: Promise<Agent> | undefined;
  const open = async () => {
    const undici = await loadUndici();
    return new undici.Agent({
      keepAliveTimeout: 30_000,
      connections: 2,
      pipelining: 1,
      maxHeaderSize: 16 * 1024,
      ...(socketPath === undefined ? {} : { connect: { socketPath } }),
    });
  };
  return {
    async fetch(url, options) {
      const { request, errors } = await loadUndici();
      const dispatcher = await (agent ??= open());
      const started = performance.now();
      const deadline = AbortSignal.timeout(options.timeout);
      try {
        const answer = await request(url, {
          dispatcher,
          method: options.method ?? 'GET',
          ...(options.headers === undefined ? {} : { headers: options.headers }),
          ...(options.body === undefined ? {} : { body: options.body }),
          signal: deadline,
          headersTimeout: options.timeout,
          bodyTimeout: options.timeout,
        });
        const chunks: Buffer[] = [];
        let length = 0;
        for await (const chunk of answer.body as AsyncIterable<Buffer>) {
          length += chunk.length;
          if (length > options.maxBody) {
            answer.body.destroy();
            throw new HttpFailure('too large', `the answer is longer than ${options.maxBody} bytes`);
          }
          chunks.push(chunk);
        }
        return {
          status: answer.statusCode,
          headers: answer.headers,
          body: Buffer.concat(chunks).toString('utf8'),
          took: performance.now() - started,
        };
      } catch (error) {
        const malformed =
          error instanceof errors.HTTPParserError || error instanceof errors.HeadersOverflowError;
        throw asFailure(error, { late: deadline.aborted, malformed, timeout: options.timeout });
      }
    },
    close: async () => (await agent)?.destroy(),
  };
}

function asFailure(
  error: unknown,
  about: { late: boolean; malformed: boolean; timeout: number },
): HttpFailure {
  if (error instanceof HttpFailure) return error;
  if (about.late) return new HttpFailure('timeout', `no answer in ${about.timeout / 1000} s`);
  if (about.malformed) return new HttpFailure('malformed', 'the answer is not HTTP');
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'ECONNREFUSED' || code === 'ENOENT' || code === 'EACCES') {
    return new HttpFailure('refused', `nothing listens there (${code})`);
  }
  return new HttpFailure('reset', `the connection broke (${code === '' ? 'closed' : code})`);
}
