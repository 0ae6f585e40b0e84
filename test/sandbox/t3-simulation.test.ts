import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { startActivity } from '../../src/sandbox/stand-in/activity.ts';
import { baseDirAt } from '../../src/sandbox/stand-in/base-dir.ts';
import { openState } from '../../src/sandbox/stand-in/database.ts';
import { migrate } from '../../src/sandbox/stand-in/migrations/migrate.ts';
import { issueLink } from '../../src/sandbox/stand-in/pairing-links.ts';
import { derive } from '../../src/sandbox/stand-in/profiles.ts';
import { profileOf } from '../../src/sandbox/stand-in/versions.ts';
import { StandInServer } from '../../src/sandbox/stand-in/server.ts';
import { createStateDatabase } from '../../src/sandbox/stand-in/state.ts';
import { readState } from '../../src/t3/state-database.ts';
import { standIn } from '../contract/stand-in.ts';
import { databaseOf, inDatabase, readIn } from '../contract/state.ts';
import { Bench } from '../contract/subject.ts';
import { freePort } from '../free-port.ts';

/** What the stand-in can do and no t3 can: be busy, slow to start, or broken, on demand. */

const bench = new Bench(standIn('0.0.24'));
afterEach(() => bench.clear());

const busy = { T3_STAND_IN_ACTIVITY: 'busy' };
const worked = (base: string) =>
  createStateDatabase(base, '0.0.24', { seed: 3, now: Date.now() - 3_600_000, threads: 6 });
const stateIn = (base: string) => inDatabase(base, (db) => readState(db));
const messagesIn = (base: string) => readIn<number>(base, 'SELECT count(*) FROM projection_thread_messages');

describe('a busy instance', () => {
  it('has a turn in flight that moves, and writes messages all the time', async () => {
    const base = bench.folder();
    worked(base);
    const server = await bench.serve(base, { env: busy });
    await server.until('a turn in flight', () => Promise.resolve(stateIn(base).inFlight === 1));
    const [messages, { inFlightMoved }] = [messagesIn(base), stateIn(base)];
    await server.until('more messages', () => Promise.resolve(messagesIn(base) >= messages + 2));
    expect(stateIn(base).inFlightMoved).toBeGreaterThan(inFlightMoved ?? Infinity);
    expect(Date.now() - (stateIn(base).lastActivity ?? 0)).toBeLessThan(30_000);
    expect(
      readIn<number>(base, 'SELECT count(*) FROM projection_thread_messages WHERE is_streaming = 1'),
    ).toBeLessThanOrEqual(1);
  });

  it('is interrupted by a deliberate stop, and leaves its turn in flight when it is killed', async () => {
    for (const [signal, inFlight] of [
      ['SIGTERM', 0],
      ['SIGKILL', 1],
    ] as const) {
      const base = bench.folder();
      worked(base);
      const server = await bench.serve(base, { env: busy });
      await server.until('a turn in flight', () => Promise.resolve(stateIn(base).inFlight === 1));
      await server.end(signal);
      expect(stateIn(base).inFlight).toBe(inFlight);
    }
  });

  it('has something to be busy with in an empty database too', async () => {
    const base = bench.folder();
    const server = await bench.serve(base, { env: busy });
    await server.until('a turn in flight', () => Promise.resolve(stateIn(base).inFlight === 1));
  });

  it('does not fill the disk: its thread keeps a bounded number of messages', () => {
    const db = new Database(':memory:');
    migrate(db, []);
    const stop = startActivity(db, 'busy');
    const count = () =>
      db.prepare<[], number>('SELECT count(*) FROM projection_thread_messages').pluck().get();
    const thread = db.prepare(
      'SELECT thread_id FROM projection_thread_sessions WHERE active_turn_id IS NOT NULL',
    );
    const insert = db.prepare(
      `INSERT INTO projection_thread_messages (message_id, thread_id, role, text, is_streaming, created_at, updated_at)
       VALUES (?, ?, 'assistant', 'old', 0, '2020-01-01T00:00:00.000Z', '2020-01-01T00:00:00.000Z')`,
    );
    const id = thread.pluck().get();
    for (let index = 0; index < 3000; index += 1) insert.run(`old-${index}`, id);
    expect(count()).toBeGreaterThan(3000);
    return new Promise<void>((resolve) => {
      const look = setInterval(() => {
        if ((count() ?? 0) > 2010) return;
        clearInterval(look);
        stop();
        resolve();
      }, 20);
    });
  });
});

describe('an idle instance', () => {
  it('writes nothing', async () => {
    const base = bench.folder();
    worked(base);
    const server = await bench.serve(base);
    await server.logs('/pair#token=');
    const other = new Database(databaseOf(base), { readonly: true });
    const version = () => other.pragma('data_version', { simple: true });
    const before = version();
    // As many answers as a cockpit asks for in a minute.
    for (let index = 0; index < 60; index += 1) await server.request('GET', '/.well-known/t3/environment');
    expect(version()).toBe(before);
    other.close();
  });
});

describe('an instance that is slow to start', () => {
  it('answers only after so many milliseconds', async () => {
    const before = performance.now();
    await bench.serve(bench.folder(), { env: { T3_STAND_IN_STARTUP_MS: '700' } });
    expect(performance.now() - before).toBeGreaterThan(700);
  });

  it('does not start at all on words that nobody understands', async () => {
    const argv = ['serve', '--port', String(await freePort()), '--base-dir', bench.folder()];
    const activity = await bench.run(argv, { env: { T3_STAND_IN_ACTIVITY: 'bored' } });
    expect([activity.exitCode, activity.stdout]).toEqual([
      1,
      expect.stringContaining('idle or busy, not bored'),
    ]);
    const startup = await bench.run(argv, { env: { T3_STAND_IN_STARTUP_MS: 'soon' } });
    expect([startup.exitCode, startup.stdout]).toEqual([
      1,
      expect.stringContaining('milliseconds, not soon'),
    ]);
  });
});

describe('a version with a fault', () => {
  it('answers GET / and cannot pair', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 't3-fault-'));
    const profile = derive(profileOf('0.0.27'), '0.0.28', { faults: { cannotPair: true } });
    const base = baseDirAt(folder);
    const db = openState(base);
    migrate(db, profile.migrations);
    const binding = { host: '127.0.0.1', port: await freePort() };
    const server = new StandInServer(profile, db, base, binding);
    await server.listen();
    try {
      const { credential } = issueLink(db, profile, { standing: 'client' });
      const url = `http://127.0.0.1:${binding.port}`;
      expect((await fetch(url)).status).toBe(200);
      const answer = await fetch(`${url}/api/auth/browser-session`, {
        method: 'POST',
        body: JSON.stringify({ credential }),
      });
      expect([answer.status, await answer.json()]).toMatchObject([500, { code: 'internal_error' }]);
    } finally {
      await server.close();
      db.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('crashes a while after it started, without a clean stop', async () => {
    const source = path.resolve(import.meta.dirname, '../../src/sandbox/stand-in');
    const code = `
      const { runStandIn } = await import('${source}/cli.ts');
      const { derive } = await import('${source}/profiles.ts');
      const { profileOf } = await import('${source}/versions.ts');
      const crashing = derive(profileOf('0.0.24'), '0.0.26', { faults: { crashAfter: 300 } });
      process.exitCode = await runStandIn(crashing, process.argv.slice(1));`;
    const command = [process.execPath, '--input-type=module', '--eval', code, '--'];
    const base = bench.folder();
    const argv = ['serve', '--port', String(await freePort()), '--base-dir', base];
    const result = await bench.run(argv, { by: { command, version: '0.0.26' } });
    expect(result).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('T3 Code server is ready.'),
    });
    expect(result.stderr).toContain('t3 0.0.26 crashes, on purpose');
    expect(existsSync(path.join(base, 'userdata/server-runtime.json'))).toBe(true);
  });
});
