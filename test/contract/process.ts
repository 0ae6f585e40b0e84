import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import semver from 'semver';
import { afterEach, describe, expect, it } from 'vitest';
import { Client, ready } from './client.ts';
import { databaseOf, layFixture, levelIn, levels, readIn, replaceDatabase, sideFiles } from './state.ts';
import { Bench, type T3 } from './subject.ts';

/** docs/t3-contract.md, Process and State database: what a server does to its folder, and how it ends. */
export function describeProcess(t3: T3): void {
  describe('a server', () => {
    const bench = new Bench(t3);
    const client = new Client(t3, bench);
    afterEach(() => bench.clear());
    const runtimeOf = (base: string) => path.join(base, 'userdata/server-runtime.json');

    it('says on standard output what it did and how to pair, as the owner', async () => {
      const server = await ready(bench, bench.folder());
      await server.logs('/pair#token=');
      const { stdout, stderr } = server.output;
      expect(stderr).toBe('');
      const address = `http://127.0.0.1:${server.port}`;
      expect(stdout.slice(0, stdout.indexOf(`Listening on ${address}\n`))).toContain('igrations');
      const [, token = ''] = /^Token: ([A-Z2-9]{12})$/m.exec(stdout) ?? [];
      expect(stdout).toContain(`Connection string: ${address}\n`);
      expect(stdout).toContain(`Pairing URL: ${address}/pair#token=${token}\n`);
      const { body } = await client.pair(server, token);
      expect(JSON.parse(body)).toMatchObject(
        client.scoped ? { scopes: expect.arrayContaining(['access:write']) as string[] } : { role: 'owner' },
      );
    });

    it('lays out its folder, and says there how to reach it', async () => {
      const base = bench.folder();
      const server = await ready(bench, base);
      const mode = (name: string) => (statSync(path.join(base, name)).mode & 0o777).toString(8);
      expect(['userdata', 'userdata/state.sqlite', 'userdata/secrets'].map(mode)).toEqual([
        '755',
        '644',
        '700',
      ]);
      const runtime: unknown = JSON.parse(readFileSync(runtimeOf(base), 'utf8'));
      expect(runtime).toMatchObject({
        pid: server.pid,
        host: '127.0.0.1',
        port: server.port,
        origin: `http://127.0.0.1:${server.port}`,
        startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      });
      expect(JSON.stringify(runtime)).not.toContain(t3.version);
    });

    it('keeps the tables of a fresh database in the -wal: a copy of the file alone holds none', async () => {
      const base = bench.folder();
      await ready(bench, base);
      const copy = path.join(bench.folder(), 'state.sqlite');
      copyFileSync(databaseOf(base), copy);
      const db = new Database(copy);
      expect(db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()).toEqual({ tables: 0 });
      db.close();
      expect(levelIn(base)).toBe(levels[t3.version]);
    });

    it.each(['SIGTERM', 'SIGINT'] as const)('ends on %s with 130, and folds its WAL in', async (signal) => {
      const base = bench.folder();
      const server = await ready(bench, base);
      expect(await server.end(signal)).toEqual([130, null]);
      expect(server.output.stderr).toBe('');
      expect(sideFiles(base)).toEqual([]);
      expect(existsSync(runtimeOf(base))).toBe(false);
      expect(levelIn(base)).toBe(levels[t3.version]);
    });

    it('leaves its side files when somebody else has the database open', async () => {
      const base = bench.folder();
      const server = await ready(bench, base);
      const other = new Database(databaseOf(base));
      expect(other.prepare('SELECT count(*) FROM auth_pairing_links').pluck().get()).toBe(1);
      expect(await server.end('SIGTERM')).toEqual([130, null]);
      expect(sideFiles(base)).toEqual(['-wal', '-shm']);
      other.close();
    });

    it.each(['SIGKILL', 'SIGHUP'] as const)('leaves everything behind on %s', async (signal) => {
      const base = bench.folder();
      const server = await ready(bench, base);
      expect(await server.end(signal)).toEqual([null, signal]);
      expect(sideFiles(base)).toEqual(['-wal', '-shm']);
      expect(existsSync(runtimeOf(base))).toBe(true);
    });

    it('ends with 1 when its port is taken', async () => {
      const server = await bench.serve(bench.folder());
      const port = String(server.port);
      const argv = ['serve', '--host', '127.0.0.1', '--port', port, '--base-dir', bench.folder()];
      const second = await bench.run(argv);
      expect(second).toMatchObject({ exitCode: 1, stderr: '' });
      expect(second.stdout).toContain('listen EADDRINUSE');
    });

    it('names its cookie by its address, or not, as the version has it', async () => {
      const base = bench.folder();
      const server = await bench.serve(base);
      const digest = createHash('sha256').update(path.join(base, 'userdata')).digest('hex').slice(0, 12);
      const named = semver.gte(t3.version, '0.0.29');
      expect((await client.session(server)).auth).toMatchObject({
        policy: 'loopback-browser',
        sessionCookieName: named ? `t3_session_${server.port}_${digest}` : 't3_session',
      });
    });

    it('calls its cookie t3_session when others can reach it', async () => {
      const base = bench.folder();
      const server = await bench.serve(base, { host: '0.0.0.0' });
      const { auth } = await client.session(server);
      expect(auth).toMatchObject({ policy: 'remote-reachable', sessionCookieName: 't3_session' });
      expect(await client.cookie(server, (await client.mint(base)).credential)).toMatch(/^t3_session=/);
    });

    it('moves `last_seen_at` at its start and at its stop, and nobody’s turn', async () => {
      const base = bench.folder();
      layFixture(base, t3.version);
      const seen = () => readIn<string>(base, 'SELECT last_seen_at FROM provider_session_runtime');
      const turns = () =>
        readIn<string>(
          base,
          'SELECT group_concat(active_turn_id || updated_at) FROM projection_thread_sessions',
        );
      const [before, inFlight] = [seen(), turns()];
      expect(inFlight).toContain('2026-11-23T09:20:00.000Z');
      const server = await ready(bench, base);
      await server.until('a start that shows', () => Promise.resolve(seen() > before));
      const running = seen();
      expect(turns()).toBe(inFlight);
      await server.end('SIGTERM');
      expect(seen() > running).toBe(true);
      expect(turns()).toBe(inFlight);
    });

    it('does not notice that its file was replaced', async () => {
      const base = bench.folder();
      const server = await ready(bench, base);
      const { credential: old } = await client.mint(base);
      replaceDatabase(base, bench.folder());
      for (const name of sideFiles(base)) rmSync(`${databaseOf(base)}${name}`);
      const { credential } = await client.mint(base);
      expect((await server.request('GET', '/')).status).toBe(200);
      expect((await client.pair(server, credential)).status).toBe(401);
      expect((await client.pair(server, old)).status).toBe(200);
    });

    it('leaves its WAL beside a file that is not its own', async () => {
      const base = bench.folder();
      const server = await ready(bench, base);
      replaceDatabase(base, bench.folder());
      expect(await server.end('SIGTERM')).toEqual([130, null]);
      expect(sideFiles(base)).toContain('-wal');
    });
  });
}
