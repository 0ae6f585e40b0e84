import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Manifest } from '../../src/snapshots/manifest.ts';
import { TestSandbox, until } from './sandbox.ts';

interface Backup {
  operation: { id: number; outcome: string; reason: string | null };
  users: {
    user: string;
    outcome: string;
    reason: string | null;
    snapshot: { file: string; sha256: string; bytes: number; schema: { id: number } } | null;
  }[];
  leftOut: { user: string; reason: string; harmless: boolean }[];
}

let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await TestSandbox.create({ users: 5 });
});
afterAll(() => sandbox.destroy());

const rows = (file: string, table: string) => {
  // Not read-only: such a connection could not clear its side files away again.
  const db = new Database(file);
  try {
    return db.prepare(`SELECT * FROM ${table} ORDER BY 1`).all();
  } finally {
    db.close();
  }
};

const messageIds = (file: string) =>
  new Set(
    (rows(file, 'projection_thread_messages') as { message_id: string }[]).map((row) => row.message_id),
  );

describe('status', () => {
  it('tells the truth about everyone, from another process', async () => {
    const status = await sandbox.json<{
      instances: Record<string, { state: string; value: never }>[];
      installed: { value: string };
    }>('status');
    expect(status.installed.value).toBe('0.0.24');
    const by = Object.fromEntries(status.instances.map((instance) => [String(instance['user']), instance]));
    expect(Object.keys(by)).toEqual(['alice', 'bob', 'carol', 'dave', 'erin']);
    expect(by['alice']).toMatchObject({
      authentik: ['alice', 'alice.liddell@example.org'],
      unit: { value: { active: 'active', sub: 'running' } },
      running: { value: { version: '0.0.24' } },
      schema: { value: { id: 30, name: 'ProjectionThreadShellArchiveIndexes' } },
      activity: { value: { turnsInFlight: 0 } },
      hosting: { value: { hosts: false } },
    });
    expect(by['bob']).toMatchObject({ activity: { value: { turnsInFlight: 1 } } });
    expect(by['carol']).toMatchObject({
      unit: { value: { active: 'inactive' } },
      running: { state: 'unknown', reason: 'not running' },
    });
  });

  it('is a table for people', async () => {
    const { stdout, exitCode } = await sandbox.run('status');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^sandbox · installed 0\.0\.24 · pinned 0\.0\.24\n/);
    expect(stdout).toMatch(/^carol +stopped /m);
    expect(stdout.split('\n').filter((line) => / running /.test(line))).toHaveLength(4);
  });

  it('refuses a user who is not there', async () => {
    expect(await sandbox.run('status', 'nobody')).toMatchObject({
      exitCode: 2,
      stderr: 't3-cockpit: no user nobody in the user map',
    });
  });
});

describe('a backup of everyone', () => {
  let backup: Backup;
  let before: Set<string>;
  beforeAll(async () => {
    before = messageIds(sandbox.database('bob'));
    backup = await sandbox.json<Backup>('backup');
  });

  it('succeeds for each, the busy and the stopped one included', () => {
    expect(backup.operation).toMatchObject({ outcome: 'succeeded' });
    expect(backup.users.map(({ user, outcome }) => [user, outcome])).toEqual(
      ['alice', 'bob', 'carol', 'dave', 'erin'].map((user) => [user, 'succeeded']),
    );
  });

  it('leaves whole databases behind, with what lay in the write-ahead log', () => {
    for (const { user, snapshot } of backup.users) {
      const file = snapshot?.file ?? '';
      const db = new Database(file, { readonly: true });
      expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
      db.close();
      for (const table of ['effect_sql_migrations', 'projection_projects', 'auth_pairing_links']) {
        expect([user, rows(file, table)]).toEqual([user, rows(sandbox.database(user), table)]);
      }
      if (user !== 'bob') {
        for (const table of ['projection_threads', 'projection_thread_messages', 'projection_turns']) {
          expect([user, rows(file, table)]).toEqual([user, rows(sandbox.database(user), table)]);
        }
      }
    }
  });

  it('is of one moment of a database that is written all the time', async () => {
    const file = backup.users.find((each) => each.user === 'bob')?.snapshot?.file ?? '';
    const copied = messageIds(file);
    const after = messageIds(sandbox.database('bob'));
    // Everything from before, nothing that never was; and bob went on writing.
    for (const id of before) expect(copied.has(id)).toBe(true);
    for (const id of copied) expect(after.has(id)).toBe(true);
    await until('another message of bob’s', () =>
      messageIds(sandbox.database('bob')).size > copied.size ? true : undefined,
    );
  });

  it('has checksums that are those of the files, in the manifest for people as well', () => {
    for (const { user, snapshot } of backup.users) {
      const file = snapshot?.file ?? '';
      const sum = createHash('sha256').update(readFileSync(file)).digest('hex');
      expect(snapshot).toMatchObject({ sha256: sum, bytes: statSync(file).size });
      const manifest = JSON.parse(readFileSync(file.replace(/sqlite$/, 'json'), 'utf8')) as Manifest;
      expect(manifest).toMatchObject({
        schema: 1,
        user,
        sha256: sum,
        file: path.basename(file),
        notIncluded: expect.arrayContaining(['attachments', 'secrets', 'worktrees']),
      });
    }
  });

  it('is closed to all others, and out of reach of the host’s own retention', () => {
    for (const { user, snapshot } of backup.users) {
      expect(statSync(sandbox.snapshots(user)).mode & 0o777).toBe(0o700);
      expect(statSync(snapshot?.file ?? '').mode & 0o777).toBe(0o600);
      // `ls -t state-*.sqlite | tail -n +7` sees the user's folder only.
      expect(
        readdirSync(sandbox.backups(user)).filter((name) => name.startsWith('state-')).length,
      ).toBeLessThanOrEqual(3);
    }
  });

  it('leaves the server’s side files as they were, and no partial file', () => {
    expect(existsSync(`${sandbox.database('carol')}-wal`)).toBe(false);
    expect(existsSync(`${sandbox.database('carol')}-shm`)).toBe(false);
    for (const { user } of backup.users)
      expect(readdirSync(sandbox.snapshots(user)).filter((name) => name.includes('partial'))).toEqual([]);
  });

  it('is in the catalog, verified, and fresh in the status', async () => {
    const { snapshots } = await sandbox.json<{
      snapshots: { user: string; standing: string; origin: string; kind: string }[];
    }>('snapshots');
    expect(
      snapshots
        .filter((each) => each.standing === 'verified')
        .map((each) => each.user)
        .toSorted(),
    ).toEqual(['alice', 'bob', 'carol', 'dave', 'erin']);
    expect(
      snapshots.filter((each) => each.origin === 'host').every((each) => each.standing === 'unverified'),
    ).toBe(true);
    const { stdout } = await sandbox.run('status');
    expect(stdout.split('\n').filter((line) => /\d+s verified/.test(line))).toHaveLength(5);
  });

  it('is in the journal, with its story', async () => {
    const { stdout } = await sandbox.run('operations', String(backup.operation.id));
    expect(stdout).toContain('operation succeeded');
    expect(stdout).toMatch(/alice {2}snapshot of the state database: started/);
    expect((await sandbox.run('operations')).stdout).toMatch(/ {1,2}1 {2}backup .* succeeded/);
  });
});

describe('a dry run', () => {
  it('prints the plan and changes nothing', async () => {
    const before = readdirSync(sandbox.snapshots('alice'));
    const { plan } = await sandbox.json<{ plan: { lanes: { user: string; steps: { kind: string }[] }[] } }>(
      '--dry-run',
      'backup',
      'alice',
    );
    expect(plan.lanes).toMatchObject([{ user: 'alice', steps: [{ kind: 'snapshot' }] }]);
    expect(readdirSync(sandbox.snapshots('alice'))).toEqual(before);
    expect((await sandbox.json<{ operations: unknown[] }>('operations')).operations).toHaveLength(1);
  });
});

describe('read-only mode', () => {
  it.each([['--read-only'], ['--set', 'readOnly=true']])('refuses a backup by %s', async (...flags) => {
    expect(await sandbox.run(...flags, 'backup')).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('read-only mode'),
    });
  });
});

describe('one user’s failure', () => {
  it('is theirs alone: exit code 4, with each one’s result', async () => {
    writeFileSync(sandbox.database('dave'), 'this is no database, but it is a file with some bytes in it');
    rmSync(`${sandbox.database('dave')}-wal`, { force: true });
    rmSync(`${sandbox.database('dave')}-shm`, { force: true });
    const { exitCode, stdout } = await sandbox.run('backup');
    expect(exitCode).toBe(4);
    expect(stdout).toMatch(/^dave .* failed .* file is not a database/m);
    expect(stdout.match(/ succeeded {2}/g)).toHaveLength(4);
    expect(readdirSync(sandbox.snapshots('dave')).filter((name) => name.includes('partial'))).toEqual([]);
  });

  it.each([
    ['is a link', (file: string) => symlinkSync('/etc/hostname', file), 'the state database is a link'],
    ['is a folder', (file: string) => mkdirSync(file), 'the state database is no file'],
  ])('says so when a database %s', async (_name, make, words) => {
    const file = sandbox.database('erin');
    renameSync(file, `${file}.away`);
    make(file);
    const { exitCode, stdout } = await sandbox.run('backup', 'erin', 'alice');
    rmSync(file, { recursive: true });
    renameSync(`${file}.away`, file);
    expect(exitCode).toBe(4);
    expect(stdout).toContain(`left out: erin: ${words}`);
  });

  it('is no failure where there is nothing to back up', async () => {
    const file = sandbox.database('erin');
    renameSync(file, `${file}.away`);
    const { exitCode, stdout } = await sandbox.run('backup', 'erin', 'alice');
    renameSync(`${file}.away`, file);
    expect(stdout).toContain('left out: erin: no state database');
    expect(exitCode).toBe(0);
  });

  it('is a refusal when nobody is left', async () => {
    const { exitCode, stderr } = await sandbox.run(
      '--set',
      'snapshots.keepFree=1000tb',
      'backup',
      'alice',
      'bob',
    );
    expect(exitCode).toBe(3);
    expect(stderr).toBe('');
  });
});

describe('too little space', () => {
  it('is told before anything is written, with what is missing and what to do', async () => {
    const { stdout, exitCode } = await sandbox.run('--set', 'snapshots.keepFree=1000tb', 'backup', 'alice');
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/too little space on the file system of .*snapshots\.keepFree/);
  });
});

describe('bad input', () => {
  it.each([
    [['backup', 'nobody'], 2, 'no user nobody in the user map'],
    [['backup', '../root'], 2, 'no user ../root'],
    [['backup', '--kind', 'weekly'], 2, '--kind is manual, daily or prebump'],
    [['operations', '99'], 2, 'there is no operation 99'],
    [['operations', 'x'], 2, 'expected a positive number'],
    [['status', '--timeout', '3'], 2, 'expected a duration with its unit'],
    [['nonsense'], 2, 'nonsense'],
    [['--set', 'snapshots.late=banana', 'status'], 2, 'snapshots.late: expected a duration'],
  ])('%j ends with %i', async (args, exitCode, words) => {
    const result = await sandbox.run(...args);
    expect(result.exitCode).toBe(exitCode);
    expect(result.stderr).toContain(words);
  });
});
