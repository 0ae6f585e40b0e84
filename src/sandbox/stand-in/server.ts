import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import os from 'node:os';
import type Database from 'better-sqlite3';
import { http } from '../../host/node-http.ts';
import { cookieName, isLoopback } from './addresses.ts';
import * as answers from './answers.ts';
import type { Answer } from './answers.ts';
import type { BaseDir } from './base-dir.ts';
import { clientOf } from './clients.ts';
import { log } from './log.ts';
import { consumeLink } from './pairing-links.ts';
import type { VersionProfile } from './profiles.ts';
import { environmentId, signingKey } from './secrets.ts';
import { issueSession, verifySession } from './sessions.ts';

export interface Binding {
  host: string;
  port: number;
}

/** More than any request to it has. */
const maxBody = 64 * 1024;

/** The HTTP side of one instance: every exchange of the transcripts of its version. */
export class StandInServer {
  readonly #profile: VersionProfile;
  readonly #db: Database.Database;
  readonly #binding: Binding;
  readonly #key: Buffer;
  readonly #environmentId: string;
  readonly #cookie: string;
  readonly #server: Server;

  constructor(profile: VersionProfile, db: Database.Database, base: BaseDir, binding: Binding) {
    this.#profile = profile;
    this.#db = db;
    this.#binding = binding;
    this.#key = signingKey(base);
    this.#environmentId = environmentId(base);
    this.#cookie = cookieName(profile.http, base, binding.host, binding.port);
    this.#server = http.createServer((request, response) => {
      void this.#answer(request)
        .catch((error: unknown) => {
          log('ERROR', 1, `${request.method} ${request.url}: ${String(error)}`);
          return answers.emptyAnswer(500);
        })
        .then((answer) => answers.send(response, answer, request.method !== 'HEAD'));
    });
  }

  /** @throws what the system says, for example `listen EADDRINUSE`. */
  async listen(): Promise<void> {
    const { host, port } = this.#binding;
    this.#server.listen(port, host.replace(/^\[(.*)\]$/, '$1'));
    await once(this.#server, 'listening');
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const pathname = (request.url ?? '/').split('?', 1)[0] ?? '/';
    switch (request.method) {
      case 'OPTIONS':
        return answers.preflightAnswer(this.#profile.http);
      case 'GET':
      case 'HEAD':
        return this.#get(request, pathname);
      default:
        if (request.method === 'POST' && pathname === this.#profile.http.pairingPath)
          return this.#pair(request);
        request.resume();
        return answers.emptyAnswer(404);
    }
  }

  #get(request: IncomingMessage, pathname: string): Answer {
    const rules = this.#profile.http;
    switch (pathname) {
      case '/.well-known/t3/environment':
        return answers.jsonAnswer(rules, 200, {
          environmentId: this.#environmentId,
          label: os.hostname(),
          platform: { os: process.platform, arch: process.arch },
          serverVersion: this.#profile.version,
          capabilities: Object.fromEntries(rules.capabilities.map((name) => [name, true])),
        });
      case '/api/auth/session':
        return answers.jsonAnswer(rules, 200, this.#sessionState(request));
      case '/ws': {
        const token = this.#tokenOf(request);
        if (token === undefined)
          return answers.refusal(rules, 'missing_credential', 'Authentication required.');
        if (this.#verify(token) === undefined)
          return answers.refusal(rules, 'invalid_credential', 'Unauthorized request.');
        // A real one would now speak WebSocket; nobody does with the stand-in.
        return answers.emptyAnswer(426);
      }
      default:
        return answers.webApp(rules, pathname);
    }
  }

  #sessionState(request: IncomingMessage): object {
    const token = this.#tokenOf(request);
    const session = token === undefined ? undefined : this.#verify(token);
    const auth = {
      policy: isLoopback(this.#binding.host) ? 'loopback-browser' : 'remote-reachable',
      bootstrapMethods: ['one-time-token'],
      sessionMethods: this.#profile.http.sessionMethods,
      sessionCookieName: this.#cookie,
    };
    if (session === undefined) return { authenticated: false, auth };
    const { grant, method, expiresAt } = session;
    return { authenticated: true, auth, ...grant, sessionMethod: method, expiresAt };
  }

  /** The cookie counts before the header. */
  #tokenOf({ headers }: IncomingMessage): string | undefined {
    const cookies = (headers.cookie ?? '').split(/;\s*/);
    const cookie = cookies.find((each) => each.startsWith(`${this.#cookie}=`));
    return cookie?.slice(this.#cookie.length + 1) ?? /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
  }

  #verify(token: string): ReturnType<typeof verifySession> {
    try {
      return verifySession(this.#db, this.#profile, this.#key, token);
    } catch (error) {
      // Somebody's newer command line changed the tables: live cookies stop working (docs/t3-contract.md).
      log(
        'WARN',
        1,
        `Rejected authenticated session credential. { reason: ${JSON.stringify(String(error))} }`,
      );
      return undefined;
    }
  }

  async #pair(request: IncomingMessage): Promise<Answer> {
    const rules = this.#profile.http;
    const text = await bodyOf(request);
    if (text === undefined) return answers.emptyAnswer(413);
    const credential = credentialIn(text);
    if (credential === 'no JSON') return answers.invalidRequest(rules, rules.invalidJson);
    if (credential === 'no credential') return answers.invalidRequest(rules, rules.invalidPayload);
    try {
      if (refuses(this.#profile)) throw new Error('this version cannot pair, on purpose');
      return this.#exchange(request, credential.text);
    } catch (error) {
      log('ERROR', 1, `Failed to validate bootstrap credential. { cause: ${JSON.stringify(String(error))} }`);
      return answers.pairingFailure(rules);
    }
  }

  #exchange({ headers, socket }: IncomingMessage, credential: string): Answer {
    const rules = this.#profile.http;
    const session = this.#db.transaction(() => {
      const link = consumeLink(this.#db, this.#profile, credential);
      if (link === undefined) return undefined;
      return issueSession(this.#db, this.#profile, this.#key, {
        method: 'browser-session-cookie',
        stored: link.stored,
        subject: link.subject,
        client: clientOf(headers['user-agent'], socket.remoteAddress, link.label),
      });
    })();
    if (session === undefined)
      return answers.refusal(rules, 'invalid_credential', 'Invalid bootstrap credential.');
    const { token, grant, method, expiresAt } = session;
    const expires = new Date(expiresAt).toUTCString();
    return answers.jsonAnswer(
      rules,
      200,
      { authenticated: true, ...grant, sessionMethod: method, expiresAt },
      [
        ...(rules.noStore
          ? ([
              ['cache-control', 'no-store'],
              ['pragma', 'no-cache'],
            ] as const)
          : []),
        ['set-cookie', `${this.#cookie}=${token}; Path=/; Expires=${expires}; HttpOnly; SameSite=Lax`],
      ],
    );
  }
}

function refuses({ faults, version }: VersionProfile): boolean {
  const told = process.env['T3_STAND_IN_REFUSES'];
  return faults.cannotPair === true || told === version || (faults.refusesWhenTold === true && told === '1');
}

function credentialIn(text: string): { text: string } | 'no JSON' | 'no credential' {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return 'no JSON';
  }
  const credential =
    typeof document === 'object' && document !== null && 'credential' in document
      ? document.credential
      : undefined;
  return typeof credential === 'string' && credential !== '' ? { text: credential } : 'no credential';
}

/** undefined when it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= maxBody) chunks.push(chunk);
  }
  return length > maxBody ? undefined : Buffer.concat(chunks).toString('utf8');
}
