import { spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addMessage, dumpWork, messagesIn } from './databases.ts';
import { Restoring, unitOf } from './restoring.ts';
import { until } from './sandbox.ts';

/** Putting a user's database back, and taking that back, by the command line; on real files and real processes. */

let on: Restoring;
let chosen: string;
beforeAll(async () => {
  on = await Restoring.create();
  chosen = on.snapshotsOf('alice')[0] ?? '';
});
afterAll(() => on.destroy());

const fixture = (version: string) =>
  path.resolve(import.meta.dirname, `../fixtures/t3/state-${version}.sqlite`);
const fresh = () => `message-${Math.random()}`;

describe('a restore', () => {
  it('puts the snapshot there, keeps what was there, and its undo puts that back', async () => {
    addMessage(on.live(), fresh());
    const [before, wanted] = [dumpWork(on.live()), dumpWork(on.snapshot(chosen))];
    const mode = statSync(on.live()).mode;
    expect(before).not.toBe(wanted);

    const done = await on.restore('alice', chosen);
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    expect(dumpWork(on.live())).toBe(wanted);
    expect(statSync(on.live()).mode).toBe(mode);
    const kept = on.kept('alice');
    expect(dumpWork(on.snapshot(kept))).toBe(before);
    expect(
      existsSync(`${on.snapshot(kept)}.json`) || existsSync(on.snapshot(kept).replace(/\.sqlite$/, '.json')),
    ).toBe(true);
    await on.expectWell();

    const id = String(on.sandbox.newestOperation());
    expect(done.stdout).toMatch(new RegExp(`kept .* threads, .* messages: ${kept}`));
    const { users } = await on.sandbox.json<{
      users: { step: string; outcome: string; snapshot: object | null; probes?: object[] }[];
    }>('operations', id);
    expect(users.map(({ step }) => step)).toEqual(['stage', 'stop', 'replace', 'start', 'prove', 'settle']);
    expect(users.find(({ step }) => step === 'replace')?.snapshot).toMatchObject({
      file: on.snapshot(kept),
      schema: { id: 30 },
      work: { threads: expect.any(Number) },
    });
    expect(users.find(({ step }) => step === 'prove')?.probes).toContainEqual(
      expect.objectContaining({ route: 'direct', verdict: 'ok' }),
    );
    const undone = await on.sandbox.run('undo', id, '--yes');
    expect(undone.exitCode, undone.stdout + undone.stderr).toBe(0);
    expect(dumpWork(on.live())).toBe(before);
    await on.expectWell();
    // An undo is one more restore: its own undo goes forward again.
    const again = await on.sandbox.run('undo', String(on.sandbox.newestOperation()), '--yes');
    expect(again.exitCode, again.stderr).toBe(0);
    expect(dumpWork(on.live())).toBe(wanted);
    // What was replaced since is not undone over somebody else's head.
    const late = await on.sandbox.run('undo', id, '--yes');
    expect(late.exitCode).toBe(3);
    expect(late.stderr).toContain('undo that one first');
  });

  it('is not undone over work that was done since; what is possible instead is said, and works', async () => {
    expect((await on.restore('alice', chosen)).exitCode).toBe(0);
    const id = String(on.sandbox.newestOperation());
    const kept = on.kept('alice');
    const message = fresh();
    addMessage(on.live(), message);
    const refused = await on.sandbox.run('undo', id, '--yes');
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toContain('messages +1');
    expect(refused.stderr).toContain(`t3-cockpit restore alice --snapshot ${kept}`);
    expect(messagesIn(on.live())).toContain(message);
    expect((await on.restore('alice', kept)).exitCode).toBe(0);
    expect(messagesIn(on.snapshot(on.kept('alice')))).toContain(message);
  });

  it('only plans with --dry-run, and wants a yes', async () => {
    const before = readFileSync(on.live());
    const files = on.sandbox.filesOf('alice');
    const { plan } = await on.sandbox.json<{ plan: { consent: { word: string }; lanes: object[] } }>(
      '--dry-run',
      'restore',
      'alice',
      '--snapshot',
      'latest',
    );
    expect(plan.consent.word).toBe('alice');
    expect(plan.lanes).toHaveLength(1);
    const unasked = await on.sandbox.run('restore', 'alice', '--snapshot', chosen);
    expect(unasked.exitCode).toBe(3);
    expect(unasked.stderr).toContain('--yes');
    expect(readFileSync(on.live())).toEqual(before);
    expect(on.sandbox.filesOf('alice')).toEqual(files);
  });

  it('cuts off a turn only when that was said, too', async () => {
    const file = on.snapshotsOf('bob')[0] ?? '';
    const refused = await on.restore('bob', file);
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toMatch(/turn in flight.*--interrupt-turn/);
    const done = await on.restore('bob', file, '--interrupt-turn');
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    const kept = on.kept('bob');
    expect(messagesIn(on.snapshot(kept, 'bob')).size).toBeGreaterThan(
      messagesIn(on.snapshot(file, 'bob')).size,
    );
    await on.expectWell('bob');
  });

  it('leaves a server off that was meant to be off', async () => {
    const done = await on.restore('carol', on.snapshotsOf('carol')[0] ?? '');
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    expect(await on.state('carol')).toMatchObject({ active: 'inactive', load: 'loaded' });
    expect(on.besides('carol')).toEqual([]);
  });
});

describe('a snapshot that differs from the live database', () => {
  let count = 0;
  let file: string;
  const host = () => path.join(on.sandbox.backups('alice'), file);
  beforeEach(() => {
    // A file that changes under a name that was verified once is never restored.
    file = `state-2026010${(count += 1)}-033000.sqlite`;
  });
  afterEach(() => rmSync(host(), { force: true }));

  it.each([
    ['in WAL mode', 'PRAGMA journal_mode = WAL'],
    ['with pages of another size', 'PRAGMA journal_mode = DELETE; PRAGMA page_size = 16384; VACUUM'],
    ['of auto_vacuum', 'PRAGMA journal_mode = DELETE; PRAGMA auto_vacuum = FULL; VACUUM'],
  ])('%s is restored, though a host’s script made it and nobody ever read it', async (_, sql) => {
    copyFileSync(on.snapshot(chosen), host());
    const db = new Database(host());
    db.exec(sql);
    db.close();
    addMessage(on.live(), fresh());
    const done = await on.restore('alice', file);
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    expect(dumpWork(on.live())).toBe(dumpWork(on.snapshot(chosen)));
    await on.expectWell();
  });

  it('by a schema that the installed t3 does not know is refused, and says what to do', async () => {
    copyFileSync(fixture('0.0.33-nightly.20260808.1031'), host());
    const before = dumpWork(on.live());
    const refused = await on.restore('alice', file);
    expect(refused.exitCode).not.toBe(0);
    const words = refused.stdout + refused.stderr;
    expect(words).toMatch(/schema 38 .* 0\.0\.24, which is installed, knows 30: it could not pair/s);
    expect(words).toMatch(/install the t3 that made this one/);
    expect(dumpWork(on.live())).toBe(before);
    await on.expectWell();
  });
});

describe('a live database that is damaged', () => {
  it('is kept byte for byte, and replaced', async () => {
    expect((await on.restore('alice', chosen)).exitCode).toBe(0);
    await on.supervisor.stop(unitOf('alice'));
    const { size } = statSync(on.live());
    // The middle of the file, from the second page on: the header still says that it is a database.
    const bytes = readFileSync(on.live());
    bytes.fill(0x5a, 8192, Math.floor(size / 2));
    writeFileSync(on.live(), bytes);
    const done = await on.restore('alice', chosen);
    expect(done.exitCode, done.stdout + done.stderr).toBe(0);
    expect(dumpWork(on.live())).toBe(dumpWork(on.snapshot(chosen)));
    const kept = on.kept('alice');
    expect(readFileSync(on.snapshot(kept))).toEqual(bytes);
    // It was stopped, and is left so; and what was kept is no snapshot to rely on.
    expect((await on.state())?.load).toBe('loaded');
    const { snapshots } = await on.sandbox.json<{ snapshots: { file: string; standing: string }[] }>(
      'snapshots',
      'alice',
    );
    expect(snapshots.find((each) => each.file.endsWith(kept))?.standing).toBe('damaged');
    const undo = await on.sandbox.run('undo', String(on.sandbox.newestOperation()), '--yes');
    expect(undo.exitCode).toBe(3);
    expect(undo.stderr).toContain('docs/recovering-by-hand.md');
    await on.supervisor.start(unitOf('alice'));
  });
});

describe('others who want something at the same time:', () => {
  it('of two restores one is done, and the other one refused', async () => {
    const both = await Promise.all([on.restore('alice', chosen), on.restore('alice', chosen)]);
    const codes = both.map(({ exitCode }) => exitCode).toSorted();
    expect(codes, both.map(({ stderr }) => stderr).join()).toEqual([0, 3]);
    const other = both.find(({ exitCode }) => exitCode === 3);
    // By who asked, or, had both asked at once, by the one who runs it.
    expect(`${other?.stderr}${other?.stdout}`).toMatch(
      /operation \d+ \(restore\) is running|another operation has the host/,
    );
    await on.expectWell();
  });

  it('no restore begins while a backup runs', async () => {
    const detached = await on.sandbox.json<{ operation: { id: number } }>('backup', 'bob', '--detach');
    const goOn = await on.sandbox.holdRunner(detached.operation.id);
    const refused = await on.restore('alice', chosen);
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toContain(`operation ${detached.operation.id} (backup) is running`);
    goOn();
    await on.sandbox.run('operations', String(detached.operation.id), '--follow');
  });

  it('nobody starts the server in the middle', async () => {
    const id = (
      await on.sandbox.json<{ operation: { id: number } }>(
        'restore',
        'alice',
        '--snapshot',
        chosen,
        '--yes',
        '--detach',
      )
    ).operation.id;
    await until('the server stopped and masked', async () => {
      const now = await on.state();
      return now?.load === 'masked' && now.mainPid === undefined ? true : undefined;
    });
    await expect(on.supervisor.start(unitOf('alice'))).rejects.toThrow('masked');
    const { exitCode } = await on.sandbox.run('operations', String(id), '--follow');
    expect(exitCode).toBe(0);
    await on.expectWell();
  });

  it('a process that goes on having the database open is named, and nothing is replaced', async () => {
    const before = statSync(on.live()).ino;
    const holder = spawn('sh', ['-c', 'exec sleep infinity < "$0"', on.live()], { stdio: 'ignore' });
    await until('it has it open', () => {
      try {
        return readlinkSync(`/proc/${holder.pid}/fd/0`) === on.live() ? true : undefined;
      } catch {
        // Not even begun.
        return undefined;
      }
    });
    try {
      const refused = await on.restore('alice', chosen, '--set', 'limits.visit=1s');
      expect(refused.exitCode).not.toBe(0);
      expect(refused.stdout + refused.stderr).toMatch(
        new RegExp(`the database is open in process ${holder.pid} \\(sleep, user \\d+\\): end that first`),
      );
      expect(statSync(on.live()).ino).toBe(before);
      await on.expectWell();
    } finally {
      holder.kill('SIGKILL');
    }
  });
});
