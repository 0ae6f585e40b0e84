import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod';
import { http } from '../../host/node-http.ts';
import { minimalEnvironment } from '../../host/commands.ts';
import type { Layout } from '../layout.ts';

/** The header by which the proxy in front of it names the user, and the cookie that it sets (docs/host.md, dispatch). */
const userHeader = 'x-authentik-username';
const cookie = 't3_session';

/** Where credentials are exchanged: the newer one, on 404 the older one. */
const pairingPaths = ['/api/auth/browser-session', '/api/auth/bootstrap'];

const mintPatience = 60_000;

const tableSchema = z.record(z.string(), z.object({ os_user: z.string(), port: z.number() }));
const credentialSchema = z.object({ credential: z.string() });

interface Entry {
  user: string;
  port: number;
}

/**
 * The stand-in dispatch of the sandbox, a simulation of the reverse proxy of docs/host.md: a document request without a
 * session cookie mints a credential with the **global** t3 (and so migrates the database of whoever runs an older one),
 * exchanges it at the instance, and answers 302 with the cookie; everything else is proxied.
 */
export class StandInDispatch {
  readonly #layout: Layout;
  readonly #server = http.createServer((request, response) => {
    void this.#answer(request, response).catch((error: unknown) => {
      process.stdout.write(`${request.method} ${request.url}: ${String(error)}\n`);
      if (!response.headersSent) response.writeHead(502);
      response.end();
    });
  });

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  async listen(port: number): Promise<void> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const entry = this.#entryOf(request);
    if (entry === undefined) return end(response, 403, 'who are you?\n');
    if (!isDocument(request) || hasSession(request)) return proxy(request, response, entry.port);
    const credential = await this.#mint(entry.user);
    if (credential === undefined) return end(response, 500, 'minting failed\n');
    const value = await exchange(entry.port, credential);
    if (value === undefined) return end(response, 502, 'the exchange failed\n');
    response.writeHead(302, {
      location: request.url ?? '/',
      'set-cookie': `${cookie}=${value}; Path=/; HttpOnly; SameSite=Lax`,
    });
    response.end();
  }

  /** An email's domain is cut off. The table is read anew each time: the host's roster writes it. */
  #entryOf(request: IncomingMessage): Entry | undefined {
    const header = request.headers[userHeader];
    if (typeof header !== 'string') return undefined;
    const table = tableSchema.parse(JSON.parse(readFileSync(this.#layout.dispatchTable, 'utf8')));
    const entry = table[header.replace(/@.*$/, '')];
    return entry === undefined ? undefined : { user: entry.os_user, port: entry.port };
  }

  /** As the real one does through sudo; in a sandbox everybody is the same user. */
  #mint(user: string): Promise<string | undefined> {
    const home = this.#layout.home(user);
    const args = ['auth', 'pairing', 'create', '--base-dir', `${home}/.t3`, '--ttl', '5m', '--json'];
    return new Promise((resolve) => {
      execFile(
        this.#layout.binary,
        args,
        { env: { ...minimalEnvironment, HOME: home }, timeout: mintPatience },
        (error, stdout) => {
          if (error !== null) process.stdout.write(`minting for ${user} failed\n`);
          resolve(error === null ? parseCredential(stdout) : undefined);
        },
      );
    });
  }
}

function parseCredential(text: string): string | undefined {
  try {
    return credentialSchema.parse(JSON.parse(text)).credential;
  } catch {
    // t3 says its errors on standard output: no credential.
    return undefined;
  }
}

/** A browser that opens a page, and not one that loads a part of it. */
function isDocument({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && (headers.accept ?? '').includes('text/html');
}

function hasSession({ headers }: IncomingMessage): boolean {
  return (headers.cookie ?? '').split(/;\s*/).some((each) => each.startsWith(`${cookie}=`));
}

/** @returns the value of the session cookie that the instance sets, if it sets one by the only name we know. */
async function exchange(port: number, credential: string): Promise<string | undefined> {
  for (const path of pairingPaths) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ credential }),
      redirect: 'manual',
    });
    await answer.arrayBuffer();
    if (answer.status === 404) continue;
    const set = answer.headers.getSetCookie().find((each) => each.startsWith(`${cookie}=`));
    return answer.status === 200 ? set?.slice(cookie.length + 1).split(';')[0] : undefined;
  }
  return undefined;
}

async function proxy(request: IncomingMessage, response: ServerResponse, port: number): Promise<void> {
  const upstream = http.request({
    host: '127.0.0.1',
    port,
    path: request.url,
    method: request.method,
    headers: request.headers,
  });
  request.pipe(upstream);
  const [answer] = (await once(upstream, 'response')) as [IncomingMessage];
  response.writeHead(answer.statusCode ?? 502, answer.headers);
  answer.pipe(response);
  await once(response, 'close');
}

function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
}
