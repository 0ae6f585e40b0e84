import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import semver from 'semver';
import { afterEach, describe, expect, it } from 'vitest';
import { parseCookie } from './shape.ts';
import { Bench, type Server, type T3 } from './subject.ts';

const fixtures = path.resolve(import.meta.dirname, '../../fixtures/t3');
/** Schema levels by version (docs/t3-contract.md, State database). */
const levels: Record<string, number> = { '0.0.24': 30, '0.0.27': 32, '0.0.33-nightly.20260808.1031': 38 };

const databaseOf = (base: string) => path.join(base, 'userdata/state.sqlite');
const sideFiles = (base: string) => ['-wal', '-shm'].filter((end) => existsSync(`${databaseOf(base)}${end}`));

/** What docs/t3-contract.md says beyond the transcripts. @param newest does what a newer t3 does to this one. */
export function describeBehaviour(t3: T3, newest: T3): void {
  const bench = new Bench(t3);
  afterEach(() => bench.clear());
  const pairingPath = semver.gte(t3.version, '0.0.25') ? '/api/auth/browser-session' : '/api/auth/bootstrap';
  const scoped = semver.gte(t3.version, '0.0.25');

  const mint = async (base: string) => {
    const argv = ['auth', 'pairing', 'create', '--base-dir', base, '--ttl', '5m', '--json'];
    return JSON.parse((await bench.run(argv)).stdout) as {
      id: string;
      credential: string;
      expiresAt: string;
    };
  };
  const pair = (server: Server, credential: string) =>
    server.request('POST', pairingPath, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ credential }),
    });
  const cookieOf = async (server: Server, credential: string) => {
    const { headers } = await pair(server, credential);
    const { name, token } = parseCookie(headers.find(([each]) => each === 'set-cookie')?.[1] ?? '');
    return `${name}=${token}`;
  };
  const session = async (server: Server, cookie = '') => {
    const answer = await server.request('GET', '/api/auth/session', { headers: { cookie } });
    return JSON.parse(answer.body) as {
      authenticated: boolean;
      auth: { policy: string; sessionCookieName: string };
    };
  };
  const started = async (...args: Parameters<Bench['serve']>) => {
    const server = await bench.serve(...args);
    await server.logs('T3 Code server is ready.');
    return server;
  };
  /** A base directory with a real database in it. */
  const withFixture = (version: string) => {
    const base = bench.folder();
    mkdirSync(path.join(base, 'userdata'));
    copyFileSync(path.join(fixtures, `state-${version}.sqlite`), databaseOf(base));
    return base;
  };

  describe('the command line', () => {
    it('says its version, exactly', async () => {
      const result = await bench.run(['--version']);
      expect(result).toMatchObject({ exitCode: 0, stdout: `t3 v${t3.version}\n`, stderr: '' });
    });

    it('makes a base directory that does not exist, and a credential that is of no use', async () => {
      const base = path.join(bench.folder(), 'not/there');
      const { credential } = await mint(base);
      expect(credential).toMatch(/^[A-Z2-9]{12}$/);
      expect(existsSync(databaseOf(base))).toBe(true);
      const elsewhere = await bench.serve(bench.folder());
      expect((await pair(elsewhere, credential)).status).toBe(401);
    });

    it('goes to T3CODE_HOME when it is not told where', async () => {
      const base = bench.folder();
      await bench.run(['auth', 'pairing', 'list', '--json'], { env: { T3CODE_HOME: base } });
      expect(existsSync(databaseOf(base))).toBe(true);
    });

    it('migrates by a mere `list`, and keeps everybody’s work', async () => {
      const base = withFixture('0.0.24');
      const before = workIn(base);
      expect((await bench.run(['auth', 'pairing', 'list', '--base-dir', base, '--json'])).exitCode).toBe(0);
      expect(levelIn(base)).toBe(levels[t3.version]);
      expect(workIn(base)).toEqual(before);
      // Migration 31 makes everybody pair anew.
      expect(countIn(base, 'auth_sessions')).toBe(scoped ? 0 : 2);
    });

    it('lets a link live as long as it is told', async () => {
      const before = Date.now();
      const { expiresAt } = await mint(bench.folder());
      const life = Date.parse(expiresAt) - before;
      expect(life).toBeGreaterThanOrEqual(5 * 60_000);
      expect(life).toBeLessThan(5 * 60_000 + bench.patience);
    });

    it('revokes a link and a session, whose rows stay', async () => {
      const base = bench.folder();
      const server = await started(base);
      const [used, unused] = [await mint(base), await mint(base)];
      const cookie = await cookieOf(server, used.credential);
      expect(await session(server, cookie)).toMatchObject({ authenticated: true });
      const listed = await bench.run(['auth', 'session', 'list', '--base-dir', base, '--json']);
      const [{ sessionId }] = JSON.parse(listed.stdout) as [{ sessionId: string }];
      for (const argv of [
        ['pairing', 'revoke', unused.id],
        ['session', 'revoke', sessionId],
      ])
        expect(await bench.run(['auth', ...argv, '--base-dir', base])).toMatchObject({
          exitCode: 0,
          stderr: '',
        });
      expect((await pair(server, unused.credential)).status).toBe(401);
      expect(await session(server, cookie)).toMatchObject({ authenticated: false });
      expect(countIn(base, 'auth_pairing_links', 'revoked_at IS NOT NULL')).toBe(1);
      expect(countIn(base, 'auth_sessions', 'revoked_at IS NOT NULL')).toBe(1);
    });

    it('issues a session without a browser', async () => {
      const base = bench.folder();
      const server = await started(base);
      const issued = await bench.run(['auth', 'session', 'issue', '--base-dir', base, '--json']);
      expect(issued).toMatchObject({ exitCode: 0, stderr: '' });
      const { token } = JSON.parse(issued.stdout) as { token: string };
      const answer = await server.request('GET', '/api/auth/session', {
        headers: { authorization: `Bearer ${token}` },
      });
      expect(JSON.parse(answer.body)).toMatchObject({ authenticated: true });
    });
  });

  describe('a server', () => {
    it('says on standard output what it did and how to pair, as the owner', async () => {
      const server = await started(bench.folder());
      const { stdout, stderr } = server.output;
      expect(stderr).toBe('');
      const [, before = ''] = /^([\s\S]*)Listening on http:\/\/127\.0\.0\.1:(\d+)$/m.exec(stdout) ?? [];
      expect(before).toContain('igrations');
      expect(stdout).toContain(`Listening on http://127.0.0.1:${server.port}\n`);
      const [, token = ''] = /^Token: ([A-Z2-9]{12})$/m.exec(stdout) ?? [];
      expect(stdout).toContain(`Connection string: http://127.0.0.1:${server.port}\n`);
      expect(stdout).toContain(`Pairing URL: http://127.0.0.1:${server.port}/pair#token=${token}\n`);
      const { body } = await pair(server, token);
      expect(JSON.parse(body)).toMatchObject(
        scoped ? { scopes: expect.arrayContaining(['access:write']) as string[] } : { role: 'owner' },
      );
    });

    it('lays out its folder, and says there how to reach it', async () => {
      const base = bench.folder();
      const server = await started(base);
      const mode = (name: string) => (statSync(path.join(base, name)).mode & 0o777).toString(8);
      expect(['userdata', 'userdata/state.sqlite', 'userdata/secrets'].map(mode)).toEqual([
        '755',
        '644',
        '700',
      ]);
      const runtime: unknown = JSON.parse(
        readFileSync(path.join(base, 'userdata/server-runtime.json'), 'utf8'),
      );
      expect(runtime).toMatchObject({
        pid: server.pid,
        host: '127.0.0.1',
        port: server.port,
        origin: `http://127.0.0.1:${server.port}`,
        startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      });
      expect(JSON.stringify(runtime)).not.toContain(t3.version);
    });

    it('keeps all its tables in the -wal of a fresh database, so that the file alone holds none', async () => {
      const base = bench.folder();
      await started(base);
      const copy = path.join(bench.folder(), 'state.sqlite');
      copyFileSync(databaseOf(base), copy);
      const db = new Database(copy);
      expect(db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()).toEqual({ tables: 0 });
      db.close();
      expect(levelIn(base)).toBe(levels[t3.version]);
    });

    it.each(['SIGTERM', 'SIGINT'] as const)('ends on %s with 130, and folds its WAL in', async (signal) => {
      const base = bench.folder();
      const server = await started(base);
      expect(await server.end(signal)).toEqual([130, null]);
      expect(server.output.stderr).toBe('');
      expect(sideFiles(base)).toEqual([]);
      expect(existsSync(path.join(base, 'userdata/server-runtime.json'))).toBe(false);
      expect(levelIn(base)).toBe(levels[t3.version]);
    });

    it('leaves its side files when somebody else has the database open', async () => {
      const base = bench.folder();
      const server = await started(base);
      const other = new Database(databaseOf(base));
      expect(countOf(other, 'auth_pairing_links')).toBe(1);
      expect(await server.end('SIGTERM')).toEqual([130, null]);
      expect(sideFiles(base)).toEqual(['-wal', '-shm']);
      other.close();
    });

    it.each(['SIGKILL', 'SIGHUP'] as const)('leaves everything behind on %s', async (signal) => {
      const base = bench.folder();
      const server = await started(base);
      expect(await server.end(signal)).toEqual([null, signal]);
      expect(sideFiles(base)).toEqual(['-wal', '-shm']);
      expect(existsSync(path.join(base, 'userdata/server-runtime.json'))).toBe(true);
    });

    it('ends with 1 when its port is taken', async () => {
      const server = await bench.serve(bench.folder());
      const argv = [
        'serve',
        '--host',
        '127.0.0.1',
        '--port',
        String(server.port),
        '--base-dir',
        bench.folder(),
      ];
      const second = await bench.run(argv);
      expect(second).toMatchObject({ exitCode: 1, stderr: '' });
      expect(second.stdout).toContain('listen EADDRINUSE');
    });

    it('names its cookie by its address, or not, as the version has it', async () => {
      const base = bench.folder();
      const server = await bench.serve(base);
      const digest = createHash('sha256').update(path.join(base, 'userdata')).digest('hex').slice(0, 12);
      const { auth } = await session(server);
      expect(auth).toMatchObject({
        policy: 'loopback-browser',
        sessionCookieName: semver.lt(t3.version, '0.0.29')
          ? 't3_session'
          : `t3_session_${server.port}_${digest}`,
      });
    });

    it('calls its cookie t3_session when others can reach it', async () => {
      const base = bench.folder();
      const server = await bench.serve(base, { host: '0.0.0.0' });
      expect((await session(server)).auth).toMatchObject({
        policy: 'remote-reachable',
        sessionCookieName: 't3_session',
      });
      expect(await cookieOf(server, (await mint(base)).credential)).toMatch(/^t3_session=/);
    });

    it('moves `last_seen_at` at its start and at its stop, and nobody’s turn', async () => {
      const base = withFixture(t3.version);
      const seen = () => readIn<string>(base, 'SELECT last_seen_at FROM provider_session_runtime');
      const turns = () =>
        readIn<string>(
          base,
          `SELECT group_concat(active_turn_id || updated_at) FROM projection_thread_sessions`,
        );
      const [neverStarted, inFlight] = [seen(), turns()];
      expect(inFlight).not.toBe('');
      const server = await started(base);
      await server.until('a start that shows', () => Promise.resolve(seen() !== neverStarted));
      const running = seen();
      expect(turns()).toBe(inFlight);
      await server.end('SIGTERM');
      expect(seen() > running && running > neverStarted).toBe(true);
      expect(turns()).toBe(inFlight);
    });

    it('does not notice that its file was replaced', async () => {
      const base = bench.folder();
      const server = await started(base);
      const { credential: old } = await mint(base);
      replaceDatabase(base, bench.folder());
      for (const name of sideFiles(base)) rmSync(`${databaseOf(base)}${name}`);
      const { credential } = await mint(base);
      expect((await server.request('GET', '/')).status).toBe(200);
      expect((await pair(server, credential)).status).toBe(401);
      expect((await pair(server, old)).status).toBe(200);
    });

    it('leaves its WAL beside a file that is not its own', async () => {
      const base = bench.folder();
      const server = await started(base);
      replaceDatabase(base, bench.folder());
      expect(await server.end('SIGTERM')).toEqual([130, null]);
      expect(sideFiles(base)).toContain('-wal');
    });
  });

  describe('between versions', () => {
    it.skipIf(t3.version === newest.version)(
      'a newer `list` under a running server breaks its pairing, and nothing that shows',
      async () => {
        const base = bench.folder();
        const server = await started(base);
        const cookie = await cookieOf(server, (await mint(base)).credential);
        const { credential } = await mint(base);
        const list = ['auth', 'pairing', 'list', '--base-dir', base];
        expect((await bench.run(list, { by: newest })).exitCode).toBe(0);
        expect(levelIn(base)).toBe(38);
        expect((await server.request('GET', '/')).status).toBe(200);
        expect(JSON.parse((await server.request('GET', '/.well-known/t3/environment')).body)).toMatchObject({
          serverVersion: t3.version,
        });
        // From 32 on the tables of sessions and links stay as they are.
        expect((await pair(server, credential)).status).toBe(scoped ? 200 : 500);
        expect(await session(server, cookie)).toMatchObject({ authenticated: scoped });
      },
    );

    it.skipIf(scoped)('an old server starts on a newer schema, answers, and is never ready', async () => {
      const base = bench.folder();
      await bench.run(['auth', 'pairing', 'list', '--base-dir', base], { by: newest });
      const server = await bench.serve(base);
      expect((await server.request('GET', '/')).status).toBe(200);
      const answer = await pair(server, 'AAAABBBBCCCC');
      expect([answer.status, answer.body]).toEqual([
        500,
        '{"error":"Failed to validate bootstrap credential."}',
      ]);
      expect(await server.end('SIGTERM')).toEqual([130, null]);
      expect(server.output.stdout).not.toContain('T3 Code server is ready.');
      expect(levelIn(base)).toBe(38);
    });

    it.skipIf(scoped)('an old command line fails on a newer schema, on standard output', async () => {
      const base = bench.folder();
      await bench.run(['auth', 'pairing', 'list', '--base-dir', base], { by: newest });
      const result = await bench.run([
        'auth',
        'pairing',
        'create',
        '--base-dir',
        base,
        '--ttl',
        '5m',
        '--json',
      ]);
      expect(result).toMatchObject({ exitCode: 1, stderr: '' });
      expect(result.stdout).toContain('AuthControlPlaneError: Failed to create pairing link.');
      expect(result.stdout.trimEnd()).toMatch(/table auth_pairing_links has no column named role\W*$/);
    });
  });
}

/** Put a whole database in the place of a server's own, as a restore does. */
function replaceDatabase(base: string, folder: string): void {
  const other = path.join(folder, 'other.sqlite');
  const db = new Database(databaseOf(base));
  db.prepare('VACUUM INTO ?').run(other);
  db.close();
  renameSync(other, databaseOf(base));
}

function inDatabase<Result>(base: string, read: (db: Database.Database) => Result): Result {
  const db = new Database(databaseOf(base), { timeout: 5000 });
  try {
    return read(db);
  } finally {
    db.close();
  }
}

const countOf = (db: Database.Database, table: string, where = '1') =>
  db.prepare<[], { rows: number }>(`SELECT count(*) AS rows FROM ${table} WHERE ${where}`).get()?.rows;
const countIn = (base: string, table: string, where?: string) =>
  inDatabase(base, (db) => countOf(db, table, where));
const readIn = <Value>(base: string, sql: string) =>
  inDatabase(base, (db) => db.prepare(sql).pluck().get() as Value);
const levelIn = (base: string) => readIn<number>(base, 'SELECT max(migration_id) FROM effect_sql_migrations');
const workIn = (base: string) =>
  inDatabase(base, (db) =>
    [
      'projection_projects',
      'projection_thread_messages',
      'projection_turns',
      'projection_thread_sessions',
    ].map((table) => db.prepare(`SELECT * FROM ${table} ORDER BY 1`).all()),
  );
