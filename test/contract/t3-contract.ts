import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import semver from 'semver';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort, runT3, T3Server, type T3 } from './instance.ts';
import { normalise, readTranscript, type CliRun, type HttpExchange } from './transcript.ts';

/**
 * The one list of what this project believes of t3 (docs/t3-contract.md). It is held against the stand-in in every
 * version, and, where T3_COCKPIT_REAL_T3 names one, against a real t3.
 *
 * @param newer A newer t3 than this one, for what happens between two versions.
 */
export function describeT3Contract(t3: T3, newer?: T3): void {
  const folders: string[] = [];
  const servers: T3Server[] = [];
  const newFolder = () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 't3-contract-'));
    folders.push(folder);
    return folder;
  };
  const start = async (...args: Parameters<typeof T3Server.start>) => {
    const server = await T3Server.start(...args);
    servers.push(server);
    return server;
  };
  const endAll = async () => {
    await Promise.all(servers.splice(0).map((server) => server.end('SIGKILL')));
  };
  afterAll(async () => {
    await endAll();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  const pairing = semver.gte(t3.version, '0.0.25') ? '/api/auth/browser-session' : '/api/auth/bootstrap';
  const post = (server: T3Server, credential: string) =>
    fetch(server.url(pairing), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ credential }),
    });
  const mint = async (by: T3, base: string) =>
    (
      JSON.parse(
        (await runT3(by, 'auth', 'pairing', 'create', '--base-dir', base, '--ttl', '5m', '--json')).stdout,
      ) as { credential: string }
    ).credential;

  describe('the recorded transcript', () => {
    const entries = readTranscript(t3.version);
    const played: { credential?: string; expiresAt?: number; cookie?: string } = {};
    let base: string;
    let server: T3Server;
    beforeAll(async () => {
      base = newFolder();
      server = await start(t3, base);
    });
    afterAll(endAll);

    it('is there', () => {
      expect(entries.length).toBeGreaterThan(30);
    });

    for (const [index, entry] of entries.entries()) {
      if (entry.kind === 'http') {
        it(`${index}: ${entry.method} ${entry.path} ${entry.requestBody ?? ''} ${entry.auth === 'none' ? '' : entry.auth}`, () =>
          replay(entry));
      } else {
        it(`${index}: t3 ${entry.argv.join(' ')}`, () => rerun(entry));
      }
    }

    async function replay(entry: HttpExchange): Promise<void> {
      const answer = await fetch(server.url(entry.path), {
        method: entry.method,
        headers: {
          ...(entry.requestBody === undefined ? {} : { 'content-type': 'application/json' }),
          ...authentication(entry),
        },
        ...(entry.requestBody === undefined ? {} : { body: await bodyFor(entry) }),
      });
      const body = await answer.text();
      expect(answer.status).toBe(entry.status);
      for (const [name, value] of entry.headers) {
        if (['date', 'content-length', 'connection', 'keep-alive'].includes(name)) continue;
        expect([name, normalise(answer.headers.get(name) ?? '')]).toEqual([name, normalise(value)]);
      }
      if (entry.headers.has('content-length') && entry.method !== 'HEAD')
        expect(answer.headers.get('content-length')).toBe(String(Buffer.byteLength(body)));
      if (entry.headers.get('content-type')?.startsWith('application/json') === true) {
        expect(comparable(body)).toEqual(comparable(entry.body));
      } else if (entry.body === '') {
        expect(body).toBe('');
      } else {
        expect(body).toContain('<html');
      }
      const cookie = answer.headers.get('set-cookie');
      if (cookie !== null) played.cookie = cookie.split(';')[0] ?? '';
    }

    /** A recorded cookie that was not accepted had been tampered with. */
    function authentication(entry: HttpExchange): Record<string, string> {
      const token = played.cookie?.split('=')[1] ?? '';
      if (entry.auth === 'bearer') return { authorization: `Bearer ${token}` };
      if (entry.auth === 'none') return {};
      const accepted = entry.body.includes('"authenticated":true');
      return { cookie: accepted ? (played.cookie ?? '') : `${played.cookie ?? ''}x` };
    }

    async function bodyFor(entry: HttpExchange): Promise<string> {
      const recorded = /"credential": "([A-Z2-9]{12})"/.exec(entry.requestBody ?? '')?.[1];
      if (recorded === undefined || recorded === 'AAAABBBBCCCC') return entry.requestBody ?? '';
      // One minted for a second was expired when it was used.
      if (played.expiresAt !== undefined && played.expiresAt - Date.now() < 2000)
        await delay(Math.max(0, played.expiresAt - Date.now() + 50));
      return JSON.stringify({ credential: played.credential });
    }

    async function rerun(entry: CliRun): Promise<void> {
      const result = await runT3(t3, ...entry.argv.map((word) => (word === '/PATH' ? base : word)));
      expect(result.exitCode).toBe(entry.exitCode);
      expect(normalise(result.stderr)).toBe(normalise(entry.stderr));
      expect(normalise(fiber(result.stdout))).toBe(normalise(fiber(entry.stdout)));
      if (entry.argv.includes('create') && entry.exitCode === 0 && entry.argv.includes('--json')) {
        const minted = JSON.parse(result.stdout) as { credential: string; expiresAt: string };
        played.credential = minted.credential;
        played.expiresAt = Date.parse(minted.expiresAt);
      }
    }

    /** The number of a fiber is nobody's promise. */
    function fiber(text: string): string {
      return text.replace(/INFO \(#\d+\)/g, 'INFO (#n)');
    }
  });

  describe('the process', () => {
    afterEach(endAll);

    it('says its version, exactly', async () => {
      expect(await runT3(t3, '--version')).toEqual({
        exitCode: 0,
        stdout: `t3 v${t3.version}\n`,
        stderr: '',
      });
    });

    it('holds its tables in the WAL, folds it in when stopped, and exits with 130', async () => {
      const base = newFolder();
      const database = path.join(base, 'userdata/state.sqlite');
      const server = await start(t3, base);
      await server.logs('T3 Code server is ready.', t3.patience);
      expect(statSync(database).size).toBeLessThan(20_000);
      expect(statSync(`${database}-wal`).size).toBeGreaterThan(100_000);
      expect(JSON.parse(readFileSync(path.join(base, 'userdata/server-runtime.json'), 'utf8'))).toMatchObject(
        { port: server.port, pid: expect.any(Number) },
      );
      expect(await server.end('SIGTERM')).toEqual([130, null]);
      expect(existsSync(`${database}-wal`)).toBe(false);
      expect(existsSync(`${database}-shm`)).toBe(false);
      expect(tables(database)).toContain('projection_threads');
    });

    it('does the same for SIGINT', async () => {
      const server = await start(t3, newFolder());
      expect((await server.end('SIGINT'))[0]).toBe(130);
    });

    it.each(['SIGKILL', 'SIGHUP'] as const)('leaves its side files behind after %s', async (signal) => {
      const base = newFolder();
      const server = await start(t3, base);
      await server.end(signal);
      expect(existsSync(path.join(base, 'userdata/state.sqlite-wal'))).toBe(true);
      expect(existsSync(path.join(base, 'userdata/server-runtime.json'))).toBe(true);
    });

    it('logs an owner token, which nobody else may keep', async () => {
      const server = await start(t3, newFolder());
      await server.logs('T3 Code server is ready.', t3.patience);
      await server.logs('Token: ', t3.patience);
      expect(server.log).toMatch(/Token: [A-Z2-9]{12}\n/);
      expect(server.log).toContain(`Listening on http://127.0.0.1:${server.port}`);
    });

    it('ends with 1 when its port is taken', async () => {
      const server = await start(t3, newFolder());
      const second = await runT3(
        t3,
        'serve',
        '--host',
        '127.0.0.1',
        '--port',
        String(server.port),
        '--base-dir',
        newFolder(),
      );
      expect(second.exitCode).toBe(1);
      expect(second.stdout + second.stderr).toContain('EADDRINUSE');
    });

    it('creates a base directory that does not exist, and mints a useless credential', async () => {
      const base = path.join(newFolder(), 'nowhere');
      const result = await runT3(
        t3,
        'auth',
        'pairing',
        'create',
        '--base-dir',
        base,
        '--ttl',
        '5m',
        '--json',
      );
      expect(result.exitCode).toBe(0);
      expect(existsSync(path.join(base, 'userdata/state.sqlite'))).toBe(true);
    });

    it('takes a credential once, and sets a cookie that it accepts', async () => {
      const base = newFolder();
      const server = await start(t3, base);
      const credential = await mint(t3, base);
      const answer = await post(server, credential);
      expect(answer.status).toBe(200);
      const session = await fetch(server.url('/api/auth/session'), {
        headers: { cookie: answer.headers.getSetCookie()[0]?.split(';')[0] ?? '' },
      });
      expect(await session.json()).toMatchObject({ authenticated: true });
      expect((await post(server, credential)).status).toBe(401);
    });

    it('calls its cookie t3_session when it can be reached from outside', async () => {
      const server = await start(t3, newFolder(), { host: '0.0.0.0', port: await freePort() });
      const session = (await (await fetch(server.url('/api/auth/session'))).json()) as {
        auth: { sessionCookieName: string };
      };
      expect(session.auth.sessionCookieName).toBe('t3_session');
    });

    it('does not notice that its file was replaced', async () => {
      const base = newFolder();
      const server = await start(t3, base);
      const database = path.join(base, 'userdata/state.sqlite');
      rmSync(database);
      new Database(database).close();
      expect((await fetch(server.url('/'))).status).toBe(200);
      expect((await fetch(server.url('/api/auth/session'))).status).toBe(200);
    });
  });

  if (newer === undefined) return;

  describe(`beside ${newer.version}`, () => {
    afterEach(endAll);

    it('loses its pairing to one look by the newer command line, while GET / says 200', async () => {
      const base = newFolder();
      const server = await start(t3, base);
      const credential = await mint(t3, base);
      const before = levelOf(base);
      expect((await runT3(newer, 'auth', 'pairing', 'list', '--base-dir', base)).exitCode).toBe(0);
      expect(levelOf(base)).toBeGreaterThan(before);
      expect((await fetch(server.url('/'))).status).toBe(200);
      expect((await fetch(server.url('/.well-known/t3/environment'))).status).toBe(200);
      if (before < 31) expect((await post(server, credential)).status).toBe(500);
    });

    it('starts on the newer schema, answers, and is never ready where the tables have changed', async () => {
      const base = newFolder();
      await runT3(newer, 'auth', 'pairing', 'list', '--base-dir', base);
      const server = await start(t3, base);
      expect((await fetch(server.url('/'))).status).toBe(200);
      if (semver.gte(t3.version, '0.0.25')) return;
      expect((await post(server, 'AAAABBBBCCCC')).status).toBe(500);
      await server.end('SIGTERM');
      expect(server.log).not.toContain('T3 Code server is ready.');
    });

    it('fails on the newer schema, on standard output', async () => {
      if (semver.gte(t3.version, '0.0.25')) return;
      const base = newFolder();
      await runT3(newer, 'auth', 'pairing', 'list', '--base-dir', base);
      const result = await runT3(
        t3,
        'auth',
        'pairing',
        'create',
        '--base-dir',
        base,
        '--ttl',
        '5m',
        '--json',
      );
      expect(result).toMatchObject({ exitCode: 1, stderr: '' });
      expect(result.stdout).toContain('AuthControlPlaneError: Failed to create pairing link.');
      expect(result.stdout).toContain('table auth_pairing_links has no column named role');
    });
  });
}

function tables(database: string): string[] {
  const db = new Database(database, { readonly: true });
  try {
    return db
      .prepare<[], { name: string }>(`SELECT name FROM sqlite_schema WHERE type = 'table'`)
      .all()
      .map((row) => row.name);
  } finally {
    db.close();
  }
}

function levelOf(base: string): number {
  const db = new Database(path.join(base, 'userdata/state.sqlite'));
  try {
    return (
      db.prepare<[], { level: number }>('SELECT max(migration_id) AS level FROM effect_sql_migrations').get()
        ?.level ?? 0
    );
  } finally {
    db.close();
  }
}

/** A JSON body with what differs from host to host and run to run taken out. */
function comparable(text: string): unknown {
  const body = JSON.parse(normalise(text)) as Record<string, unknown>;
  for (const name of ['label', 'platform']) if (name in body) body[name] = typeof body[name];
  return body;
}
