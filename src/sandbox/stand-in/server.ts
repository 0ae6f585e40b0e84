import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import path from 'node:path';
import type Database from 'better-sqlite3';
import { createLink, exchange, sessionOf, signingKey, type IssuedSession } from './credentials.ts';
import { baseDirOf, openState, type BaseDir } from './database.ts';
import { startActivity } from './activity.ts';
import { logLine } from './log.ts';
import { levelOf, migrate } from './migrations.ts';
import type { Profile } from './profiles.ts';

export interface ServeOptions {
  host: string;
  port: number;
  baseDir: string;
}

/** Exit code after SIGTERM and SIGINT: so a unit without SuccessExitStatus=130 shows `failed` after every stop. */
const stoppedExitCode = 130;

const webApp =
  '<!doctype html><html><head><title>T3 Code (stub UI)</title></head><body><div id="root"></div></body></html>\n';

/** `t3 serve`: until it is stopped. */
export async function serve(profile: Profile, options: ServeOptions): Promise<void> {
  const base = baseDirOf(options.baseDir);
  const db = openState(base);
  const ahead = levelOf(db) > profile.level;
  logLine(1, 'Running all migrations...');
  logLine(1, `Migrations ran successfully { migrations: [${migrate(db, profile.level).join(', ')}] }`);
  touchRuntimeRows(db);
  const instance = new Instance(profile, options, base, db);
  await instance.listen();
  // An older server on a newer schema starts and answers, but never says that it is ready: its own link fails.
  if (!ahead) announce(db, profile, instance.origin);
  const stopActivity = startActivity(db, process.env['T3_STAND_IN_ACTIVITY'] ?? 'idle');
  const stop = () => {
    stopActivity();
    instance.close();
    rmSync(base.runtime, { force: true });
    touchRuntimeRows(db);
    // Closing the last connection folds the WAL in and removes the side files.
    db.close();
    process.exit(stoppedExitCode);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** Moves at every start and stop, and so is no sign of activity. */
function touchRuntimeRows(db: Database.Database): void {
  db.prepare('UPDATE provider_session_runtime SET last_seen_at = ?').run(new Date().toISOString());
}

function announce(db: Database.Database, profile: Profile, origin: string): void {
  const { credential } = createLink(db, profile, 5 * 60_000, { owner: true });
  process.stdout.write(
    `T3 Code server is ready.\nConnection string: ${origin}\nToken: ${credential}\nPairing URL: ${origin}/pair#token=${credential}\n\n` +
      '█▀▀▀█ ▄▀ █▀▀▀█\n█   █ ▀▄ █   █\n▀▀▀▀▀ ▀ ▀ ▀▀▀▀▀\n',
  );
}

class Instance {
  readonly origin: string;
  readonly #profile: Profile;
  readonly #options: ServeOptions;
  readonly #base: BaseDir;
  readonly #db: Database.Database;
  readonly #key: Buffer;
  readonly #environmentId: string;
  readonly #server: Server;

  constructor(profile: Profile, options: ServeOptions, base: BaseDir, db: Database.Database) {
    this.origin = `http://${options.host}:${options.port}`;
    this.#profile = profile;
    this.#options = options;
    this.#base = base;
    this.#db = db;
    this.#key = signingKey(base);
    this.#environmentId = environmentId(base);
    this.#server = createServer(
      { keepAliveTimeout: 5000 },
      (request, response) => void this.#answer(request, response),
    );
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.port, this.#options.host, resolve);
    });
    const { host, port } = this.#options;
    const runtime = {
      pid: process.pid,
      host,
      port,
      origin: this.origin,
      startedAt: new Date().toISOString(),
    };
    writeFileSync(this.#base.runtime, JSON.stringify(runtime), { mode: 0o644 });
    logLine(1, `Listening on ${this.origin}`);
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', this.origin);
    response.setHeader('access-control-allow-origin', '*');
    switch (request.method) {
      case 'OPTIONS':
        return this.#preflight(response);
      case 'GET':
      case 'HEAD':
        return this.#get(request, response, pathname);
      default:
        if (request.method === 'POST' && pathname === this.#profile.pairingPath)
          return this.#pair(request, response);
        return this.#empty(response, 404);
    }
  }

  #get(request: IncomingMessage, response: ServerResponse, pathname: string): void {
    switch (pathname) {
      case '/.well-known/t3/environment':
        return this.#json(response, 200, {
          environmentId: this.#environmentId,
          label: 'devvm',
          platform: { os: 'linux', arch: 'x64' },
          serverVersion: this.#profile.version,
          capabilities: Object.fromEntries(this.#profile.capabilities.map((name) => [name, true])),
        });
      case '/api/auth/session':
        return this.#json(response, 200, this.#session(request));
      case '/ws':
        return this.#json(response, 401, this.#authError('Authentication required.', 'missing_credential'));
      default: {
        // Any unknown GET answers with the web app: a GET proves nothing.
        const type = pathname === '/' ? 'text/html' : 'text/html; charset=utf-8';
        if (this.#profile.varyOnEncoding) response.setHeader('vary', 'Accept-Encoding');
        response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(webApp) });
        response.end(request.method === 'HEAD' ? undefined : webApp);
      }
    }
  }

  #session(request: IncomingMessage): object {
    const bearer = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
    const cookie = (request.headers.cookie ?? '')
      .split(/;\s*/)
      .find((each) => each.startsWith(`${this.#cookieName}=`))
      ?.slice(this.#cookieName.length + 1);
    const token = bearer ?? cookie;
    const session = token === undefined ? undefined : this.#lookUp(token);
    const auth = {
      policy: this.#reachable ? 'remote-reachable' : 'loopback-browser',
      bootstrapMethods: ['one-time-token'],
      sessionMethods: this.#profile.sessionMethods,
      sessionCookieName: this.#cookieName,
    };
    if (session === undefined) return { authenticated: false, auth };
    return {
      authenticated: true,
      auth,
      ...session.grant,
      sessionMethod: 'browser-session-cookie',
      expiresAt: session.expiresAt,
    };
  }

  #lookUp(token: string): ReturnType<typeof sessionOf> {
    try {
      return sessionOf(this.#db, this.#profile, this.#key, token);
    } catch {
      // The tables are of a newer version: live cookies have stopped working.
      return undefined;
    }
  }

  async #pair(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    let body: unknown;
    try {
      body = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    } catch {
      return this.#bad(response, this.#profile.badJson);
    }
    const credential = (body as { credential?: unknown } | null)?.credential;
    if (typeof credential !== 'string') return this.#bad(response, this.#profile.badPayload);
    let session: IssuedSession | undefined;
    try {
      session = exchange(this.#db, this.#profile, this.#key, credential, '127.0.0.1');
    } catch {
      return this.#json(response, 500, { error: 'Failed to validate bootstrap credential.' });
    }
    if (session === undefined)
      return this.#json(
        response,
        401,
        this.#authError('Invalid bootstrap credential.', 'invalid_credential'),
      );
    if (this.#profile.noStoreOnPairing)
      response.setHeader('cache-control', 'no-store').setHeader('pragma', 'no-cache');
    const cookie = `${this.#cookieName}=${session.token}; Path=/; Expires=${session.expiresAt.toUTCString()}; HttpOnly; SameSite=Lax`;
    response.setHeader('set-cookie', cookie);
    this.#json(response, 200, {
      authenticated: true,
      ...session.grant,
      sessionMethod: 'browser-session-cookie',
      expiresAt: session.expiresAt.toISOString(),
    });
  }

  get #reachable(): boolean {
    return !/^(127\.|localhost$|::1$)/.test(this.#options.host);
  }

  get #cookieName(): string {
    if (!this.#profile.cookieNamedByAddress || this.#reachable) return 't3_session';
    const digest = createHash('sha256').update(this.#base.userdata).digest('hex').slice(0, 12);
    return `t3_session_${this.#options.port}_${digest}`;
  }

  #authError(words: string, reason: string): object {
    if (this.#profile.grants === 'role') return { error: words };
    return {
      _tag: 'EnvironmentAuthInvalidError',
      code: 'auth_invalid',
      reason,
      traceId: randomBytes(16).toString('hex'),
    };
  }

  #json(response: ServerResponse, status: number, body: object): void {
    const text = JSON.stringify(body);
    if (this.#profile.corsOnJson) {
      response.setHeader('access-control-allow-methods', 'GET, POST, OPTIONS');
      response.setHeader('access-control-allow-headers', this.#profile.corsAllowHeaders.join(', '));
    }
    if (this.#profile.varyOnEncoding) response.setHeader('vary', 'Accept-Encoding');
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    });
    response.end(text);
  }

  #bad(response: ServerResponse, answer: { status: number; error?: string }): void {
    if (answer.error === undefined) this.#empty(response, answer.status);
    else this.#json(response, answer.status, { error: answer.error });
  }

  /** A status and a chunked body of nothing. */
  #empty(response: ServerResponse, status: number): void {
    response.writeHead(status, { 'transfer-encoding': 'chunked' });
    response.end();
  }

  #preflight(response: ServerResponse): void {
    response.setHeader('access-control-allow-methods', 'GET, POST, OPTIONS');
    response.setHeader('access-control-allow-headers', this.#profile.corsAllowHeaders.join(','));
    response.setHeader('access-control-max-age', '600');
    response.writeHead(204, { 'transfer-encoding': 'chunked' });
    response.end();
  }
}

function environmentId(base: BaseDir): string {
  const file = path.join(base.userdata, 'environment-id');
  if (!existsSync(file)) writeFileSync(file, randomUUID());
  return readFileSync(file, 'utf8');
}
