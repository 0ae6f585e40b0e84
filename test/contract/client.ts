import semver from 'semver';
import { parseCookie } from './shape.ts';
import type { Bench, HttpAnswer, Server, T3 } from './subject.ts';

/** What a browser, the dispatch and an administrator do with a t3 of this version. */
export class Client {
  /** Whether credentials grant scopes: from 0.0.25 on, under another endpoint. */
  readonly scoped: boolean;
  readonly #bench: Bench;

  constructor(t3: T3, bench: Bench) {
    this.scoped = semver.gte(t3.version, '0.0.25');
    this.#bench = bench;
  }

  async mint(base: string): Promise<{ id: string; credential: string; expiresAt: string }> {
    const argv = ['auth', 'pairing', 'create', '--base-dir', base, '--ttl', '5m', '--json'];
    const result = await this.#bench.run(argv);
    return JSON.parse(result.stdout) as { id: string; credential: string; expiresAt: string };
  }

  pair(server: Server, credential: string): Promise<HttpAnswer> {
    return server.request('POST', this.scoped ? '/api/auth/browser-session' : '/api/auth/bootstrap', {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ credential }),
    });
  }

  /** Exchange a credential. @returns the cookie as a browser sends it back. */
  async cookie(server: Server, credential: string): Promise<string> {
    const { headers } = await this.pair(server, credential);
    const { name, token } = parseCookie(headers.find(([each]) => each === 'set-cookie')?.[1] ?? '');
    return `${name}=${token}`;
  }

  async session(
    server: Server,
    headers: Record<string, string> = {},
  ): Promise<{ authenticated: boolean; auth: { policy: string; sessionCookieName: string } }> {
    const { body } = await server.request('GET', '/api/auth/session', { headers });
    return JSON.parse(body) as {
      authenticated: boolean;
      auth: { policy: string; sessionCookieName: string };
    };
  }
}

/** A server that said that it is ready. */
export async function ready(bench: Bench, ...args: Parameters<Bench['serve']>): Promise<Server> {
  const server = await bench.serve(...args);
  await server.logs('T3 Code server is ready.');
  return server;
}
