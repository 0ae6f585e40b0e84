import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { once } from 'node:events';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { supervisorUnits, type Supervisor } from '../../src/host/units/supervisor.ts';
import { systemProcesses } from '../../src/host/processes.ts';
import { layoutOf, type Layout } from '../../src/sandbox/layout.ts';
import { installGlobally, installPrefix } from '../../src/sandbox/versions.ts';
import { readIn } from '../contract/state.ts';
import { TestSandbox, until } from './sandbox.ts';

/** The pairing handshake, done for real: what it finds, that it leaves nothing, and that it migrates nobody. */

interface Probe {
  route: string;
  name: string | null;
  verdict: string;
  step: string | null;
  reason: string | null;
  endpoint: string | null;
  latencyMs: number | null;
}
interface Probed {
  operation: { id: number; outcome: string };
  users: { user: string; outcome: string; reason: string | null; probes: Probe[] }[];
  leftOut: { user: string; reason: string }[];
}
interface Verified {
  checks: { user: string | null; subject: string; verdict: string; found: string; remedy: string }[];
}

let sandbox: TestSandbox;
let layout: Layout;
let units: Supervisor;
beforeAll(async () => {
  sandbox = await TestSandbox.create({ users: 4 });
  layout = layoutOf(sandbox.root);
  units = supervisorUnits(sandbox.root, 20_000);
});
afterAll(async () => {
  await units.close();
  await sandbox.destroy();
});

let table: string;
beforeEach(() => {
  table = readFileSync(layout.dispatchTable, 'utf8');
});
const clearing: (() => unknown)[] = [];
afterEach(async () => {
  for (const clear of clearing.splice(0).toReversed()) await clear();
  writeFileSync(layout.dispatchTable, table);
});

const base = (user: string) => path.join(layout.home(user), '.t3');
/** What is still good for getting in: sessions, and credentials that were not exchanged. */
const open = (user: string) => [
  readIn<number>(base(user), 'SELECT count(*) FROM auth_sessions WHERE revoked_at IS NULL'),
  readIn<number>(
    base(user),
    'SELECT count(*) FROM auth_pairing_links WHERE revoked_at IS NULL AND consumed_at IS NULL',
  ),
];
const level = (user: string) =>
  readIn<number>(base(user), 'SELECT max(migration_id) FROM effect_sql_migrations');
const probe = (...args: string[]) => sandbox.json<Probed>('probe', ...args);
async function probesOf(user: string, ...args: string[]): Promise<Probe[]> {
  return (await probe(user, ...args)).users[0]?.probes ?? [];
}

/** Put a server of the test in the place of a user's own; the dispatch is led there as well. */
async function impostor(user: string, listener: RequestListener): Promise<Server> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = (server.address() as { port: number }).port;
  const file = layout.environmentFile(user);
  const before = readFileSync(file, 'utf8');
  writeFileSync(file, `${before}T3_PORT=${port}\n`);
  const entries = JSON.parse(table) as Record<string, { os_user: string; port: number }>;
  for (const entry of Object.values(entries)) if (entry.os_user === user) entry.port = port;
  writeFileSync(layout.dispatchTable, JSON.stringify(entries));
  clearing.push(() => {
    server.closeAllConnections();
    server.close();
    writeFileSync(file, before);
  });
  return server;
}

/** Have another program answer for t3, by its path. */
function replaceBinary(script: string): void {
  rmSync(layout.binary);
  writeFileSync(layout.binary, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  clearing.push(() => installGlobally(layout, '0.0.24'));
}

describe('a probe', () => {
  it('goes straight in, and through the dispatch by every name, and revokes what it made', async () => {
    const before = open('alice');
    const found = await probe();
    expect(found.operation.outcome).toBe('succeeded');
    expect(found.leftOut).toEqual([{ user: 'carol', reason: 'not running', harmless: true }]);
    const alice = found.users.find(({ user }) => user === 'alice')?.probes ?? [];
    expect(alice.map(({ route, name, verdict }) => [route, name, verdict])).toEqual([
      ['direct', null, 'ok'],
      ['dispatch', 'alice', 'ok'],
      ['dispatch', 'alice.liddell@example.org', 'ok'],
    ]);
    expect(alice[0]?.endpoint).toBe('/api/auth/bootstrap');
    expect(alice.every(({ latencyMs }) => (latencyMs ?? 0) > 0)).toBe(true);
    expect(open('alice')).toEqual(before);
    // It was no pretence: a link and a session a route are in the tables, all of them closed.
    expect(readIn<number>(base('alice'), 'SELECT count(*) FROM auth_sessions')).toBeGreaterThanOrEqual(3);
  });

  it('keeps no secret: neither journal nor output knows a credential, a cookie or a token', async () => {
    const { operation } = await probe('alice');
    const told = (await sandbox.run('operations', String(operation.id))).stdout;
    const journal = path.join(layout.state, 'journal.sqlite');
    const dump = execFileSync('sqlite3', [journal, '.dump'], { encoding: 'utf8', maxBuffer: 2 ** 28 });
    const credentials = JSON.parse(
      readIn<string>(base('alice'), 'SELECT json_group_array(credential) FROM auth_pairing_links'),
    ) as string[];
    expect(credentials.length).toBeGreaterThan(0);
    for (const secret of credentials) {
      expect(told).not.toContain(secret);
      expect(dump).not.toContain(secret);
    }
    expect(dump).not.toMatch(/t3_session=/);
  });

  it('says which step broke: mint', async () => {
    // A newer command line has migrated the database under the running server (docs/t3-contract.md).
    const newer = installPrefix(layout, '0.0.27');
    execFileSync(newer, ['auth', 'pairing', 'list', '--base-dir', base('dave')]);
    expect(level('dave')).toBe(32);
    const [direct] = await probesOf('dave');
    expect(direct).toMatchObject({ verdict: 'broken', step: 'mint' });
    const { checks } = await sandbox.json<Verified>('verify', 'dave');
    expect(checks.find(({ user, subject }) => user === 'dave' && subject === 'schema')).toMatchObject({
      verdict: 'wrong',
      found: 'schema 32, but 0.0.24 knows 30',
      remedy: expect.stringContaining('systemctl restart t3-serve@dave.service'),
    });
    // The remedy: a restart onto the newer version heals it.
    installGlobally(layout, '0.0.27');
    clearing.push(() => installGlobally(layout, '0.0.24'));
    await units.restart('t3-serve@dave.service');
    await until('dave answers', async () =>
      (await probesOf('dave'))[0]?.verdict === 'ok' ? true : undefined,
    );
    const healed = await sandbox.json<Verified>('verify', 'dave');
    expect(healed.checks.find(({ user, subject }) => user === 'dave' && subject === 'schema')?.verdict).toBe(
      'ok',
    );
  });

  it('says which step broke: exchange', async () => {
    await impostor('alice', (request, response) => {
      if (request.url === '/.well-known/t3/environment') response.end('{"serverVersion":"0.0.24"}');
      else if (request.url === '/api/auth/session')
        response.end('{"authenticated":false,"auth":{"sessionCookieName":"t3_session"}}');
      else response.writeHead(request.url === '/api/auth/bootstrap' ? 500 : 404).end('\u001b[31mboom');
    });
    const before = open('alice');
    const [direct, dispatch] = await probesOf('alice');
    expect(direct).toMatchObject({ verdict: 'broken', step: 'exchange', endpoint: '/api/auth/bootstrap' });
    expect(direct?.reason).toBe('/api/auth/bootstrap answered 500: boom');
    expect(dispatch).toMatchObject({ verdict: 'broken', step: 'exchange' });
    // The dispatch leaves its credential behind; ours is revoked.
    expect(open('alice')[0]).toBe(before[0]);
    expect((open('alice')[1] ?? 0) - (before[1] ?? 0)).toBe(2);
  });

  it('says which step broke: cookie', async () => {
    await impostor('alice', (request, response) => {
      if (request.url === '/.well-known/t3/environment') response.end('{"serverVersion":"0.0.24"}');
      else if (request.url === '/api/auth/session')
        response.end('{"authenticated":false,"auth":{"sessionCookieName":"t3_session"}}');
      else response.writeHead(200, { 'set-cookie': 't3_session=abc.def; Path=/' }).end('{}');
    });
    const [direct, dispatch] = await probesOf('alice');
    expect(direct).toMatchObject({
      verdict: 'broken',
      step: 'cookie',
      reason: expect.stringContaining('not accepted'),
    });
    expect(dispatch).toMatchObject({ verdict: 'broken', step: 'cookie' });
  });

  it('is not fooled by a server that answers every GET with a page', async () => {
    await impostor('alice', (request, response) =>
      response.end(
        request.url === '/.well-known/t3/environment' ? '{"serverVersion":"0.0.24"}' : '<!doctype html>',
      ),
    );
    expect((await probesOf('alice'))[0]).toMatchObject({
      verdict: 'broken',
      step: 'cookie',
      reason: 'it does not say what its session cookie is called',
    });
  });

  it('says that it cannot be reached', async () => {
    await impostor('alice', (request) => request.socket.destroy());
    const probes = await probesOf('alice');
    expect(probes.map(({ verdict }) => verdict)).toEqual(['unreachable', 'unknown', 'unknown']);
    expect(probes[0]?.reason).toContain('the connection broke');
  });

  it('says that a name is not mapped, or leads elsewhere, and mints for nobody else', async () => {
    const entries = JSON.parse(table) as Record<string, object>;
    writeFileSync(
      layout.dispatchTable,
      JSON.stringify({ alice: entries['dave'], bob: entries['bob'], dave: entries['dave'] }),
    );
    const sessions = readIn<number>(base('dave'), 'SELECT count(*) FROM auth_sessions');
    const probes = await probesOf('alice');
    expect(probes.map(({ verdict }) => verdict)).toEqual(['ok', 'unmapped', 'unmapped']);
    expect(probes[1]?.reason).toMatch(/leads to dave on port/);
    expect(probes[2]?.reason).toMatch(/^not in /);
    expect(readIn<number>(base('dave'), 'SELECT count(*) FROM auth_sessions')).toBe(sessions);
  });

  it('says that the dispatch does not answer', async () => {
    await units.stop('t3-dispatch.service');
    clearing.push(() => units.start('t3-dispatch.service'));
    const probes = await probesOf('alice');
    expect(probes.map(({ verdict }) => verdict)).toEqual(['ok', 'unreachable', 'unreachable']);
  });
});

describe('the t3 that mints', () => {
  it('is the one of the running version, never the newer global one', async () => {
    installGlobally(layout, '0.0.27');
    clearing.push(() => installGlobally(layout, '0.0.24'));
    const probes = await probesOf('alice');
    expect(probes.map(({ verdict }) => verdict)).toEqual(['ok', 'unknown', 'unknown']);
    expect(probes[1]?.reason).toBe('would migrate: it runs 0.0.24, and the dispatch mints with 0.0.27');
    expect(level('alice')).toBe(30);
  });

  it('is none at all when the running version is not at hand', async () => {
    rmSync(path.join(layout.versions, '0.0.24'), { recursive: true });
    clearing.push(() => installGlobally(layout, '0.0.24'));
    installGlobally(layout, '0.0.27');
    const probes = await probesOf('alice');
    expect(probes.every(({ verdict }) => verdict === 'unknown')).toBe(true);
    expect(probes[0]?.reason).toContain('no t3 0.0.24 at hand');
    expect(level('alice')).toBe(30);
  });

  it('is not chosen by a server that lies about its version', async () => {
    installPrefix(layout, '0.0.27');
    await impostor('alice', (_, response) => response.end('{"serverVersion":"0.0.27"}'));
    const [direct] = await probesOf('alice');
    expect(direct).toMatchObject({ verdict: 'unknown', reason: expect.stringContaining('would migrate') });
    expect(level('alice')).toBe(30);
  });

  it('is not pointed at a base directory without a database: it would make one', async () => {
    const database = sandbox.database('alice');
    renameSync(database, `${database}.away`);
    clearing.push(() => renameSync(`${database}.away`, database));
    const probes = await probesOf('alice');
    expect(probes.map(({ verdict }) => verdict)).toEqual(['unknown', 'unknown', 'unknown']);
    expect(probes[0]?.reason).toContain('no such file');
    expect(existsSync(database)).toBe(false);
  });

  it.each([
    ['hangs', 'sleep 1000', /did not finish within/],
    ['prints garbage', 'printf "\\033]0;owned\\007"', /printed ""/],
    ['fails', 'echo "oh no"; exit 1', /ended with exit code 1/],
  ])('that %s is said, in words that are safe', async (_, script, words) => {
    rmSync(path.join(layout.versions, '0.0.24'), { recursive: true });
    replaceBinary(script);
    const probes = await probesOf('alice', '--set', 'limits.t3Timeout=1s');
    expect(probes.every(({ verdict }) => verdict === 'unknown')).toBe(true);
    expect(probes[0]?.reason).toMatch(words);
    expect(JSON.stringify(probes)).not.toContain('\\u001b');
  });
});

describe('a runner that dies in the middle of a probe', () => {
  it('leaves nothing open: what was made is revoked by the next one', async () => {
    const before = open('alice');
    // A server that is asked whether it accepts the session, and never says.
    let asked = () => {};
    const held = new Promise<void>((resolve) => (asked = resolve));
    const real = Number(/T3_PORT=(\d+)/.exec(readFileSync(layout.environmentFile('alice'), 'utf8'))?.[1]);
    await impostor('alice', (request, response) => {
      if (request.headers.cookie !== undefined) return asked();
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const answer = await fetch(`http://127.0.0.1:${real}${request.url}`, {
          method: request.method ?? 'GET',
          headers: { 'content-type': 'application/json' },
          ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks) }),
        });
        const cookies = answer.headers.getSetCookie();
        response
          .writeHead(answer.status, cookies.length === 0 ? {} : { 'set-cookie': cookies })
          .end(Buffer.from(await answer.arrayBuffer()));
      })();
    });
    const started = await sandbox.json<{ operation: { id: number } }>(
      'probe',
      '--set',
      'limits.httpTimeout=60s',
      '--detach',
      'alice',
    );
    await held;
    const runner = await sandbox.runner(started.operation.id);
    process.kill(-runner, 'SIGKILL');
    await until('the runner is gone', async () =>
      (await systemProcesses.inGroup(runner)).length === 0 ? true : undefined,
    );
    expect((open('alice')[0] ?? 0) - (before[0] ?? 0)).toBe(1);
    await probe('bob');
    expect(open('alice')).toEqual(before);
  });
});
