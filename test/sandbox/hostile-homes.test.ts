import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { supervisorUnits } from '../../src/host/units/supervisor.ts';
import { layoutOf, type Layout } from '../../src/sandbox/layout.ts';
import { crafted, inDatabase } from './crafted.ts';
import { TestSandbox, type Run } from './sandbox.ts';

/**
 * Every broken or hostile file of a user against what the admin sees: one host on which every user's is spoiled in another way,
 * looked at once. What it shows of one must not depend on the others, and alice's, which is whole, must be shown.
 */

interface Case {
  /** What is wrong with this user's files. */
  input: string;
  spoil: (place: { database: string; backups: string; layout: Layout; user: string }) => void;
  /** The words on the user's line, and below the table. */
  sees: RegExp;
  /** And what becomes of a backup of that user. */
  backup: 'succeeded' | { reason: RegExp };
}

/** SQL of a file that holds a lock for as long as the test runs. */
const holders: Database.Database[] = [];

const fixture = (name: string) => path.resolve(import.meta.dirname, '../fixtures/t3', name);

const cases: readonly Case[] = [
  {
    input: 'a database that is a folder',
    spoil({ database }) {
      rmSync(database);
      mkdirSync(database);
    },
    sees: /state database: the state database is no file/,
    backup: { reason: /the state database is no file/ },
  },
  {
    input: 'a database that is a FIFO',
    spoil({ database }) {
      rmSync(database);
      execFileSync('mkfifo', [database]);
    },
    sees: /state database: the state database is no file/,
    backup: { reason: /the state database is no file/ },
  },
  {
    input: 'a database that is a link to a file of the system',
    spoil({ database }) {
      rmSync(database);
      symlinkSync('/etc/passwd', database);
    },
    sees: /state database: the state database is a link/,
    backup: { reason: /the state database is a link/ },
  },
  {
    input: 'a folder on the way that is a link',
    spoil({ database }) {
      const userdata = path.dirname(database);
      renameSync(userdata, `${userdata}.away`);
      symlinkSync(`${userdata}.away`, userdata);
    },
    sees: /state database: .*userdata: is a symbolic link, which is not followed/,
    backup: { reason: /is a symbolic link/ },
  },
  {
    input: 'an empty database',
    spoil: ({ database }) => truncateSync(database),
    sees: /state database: no table effect_sql_migrations: not a t3 state database/,
    backup: { reason: /not a t3 state database/ },
  },
  {
    input: 'a corrupt database',
    spoil({ database }) {
      const bytes = readFileSync(database);
      writeFileSync(database, Buffer.concat([Buffer.from('not a database'), bytes.subarray(14)]));
    },
    sees: /state database: file is not a database/,
    backup: { reason: /file is not a database/ },
  },
  {
    input: 'a database with a page of zeros in the middle',
    spoil({ database }) {
      const bytes = readFileSync(database);
      bytes.fill(0, 4096 * 40, 4096 * 60);
      writeFileSync(database, bytes);
    },
    // Only whole tables are read for the screen; a snapshot reads everything.
    sees: /stopped/,
    backup: { reason: /malformed|integrity_check/ },
  },
  {
    input: 'a database that somebody has locked exclusively',
    spoil({ database }) {
      const db = new Database(database);
      db.pragma('locking_mode = EXCLUSIVE');
      db.exec('BEGIN EXCLUSIVE');
      holders.push(db);
    },
    sees: /state database: database is locked/,
    backup: { reason: /database is locked/ },
  },
  {
    input: 'a database of a schema of the future',
    spoil: ({ database }) =>
      inDatabase(database, (db) =>
        db.exec("INSERT INTO effect_sql_migrations (migration_id, name) VALUES (900, 'FromTheFuture')"),
      ),
    sees: / 900 /,
    backup: 'succeeded',
  },
  {
    input: 'a schema whose name would rename the terminal',
    spoil: ({ database }) =>
      inDatabase(database, (db) =>
        db
          .prepare('INSERT INTO effect_sql_migrations (migration_id, name) VALUES (31, ?)')
          .run('\u001b]0;owned\u0007\u202egnp'),
      ),
    sees: / 31 /,
    backup: 'succeeded',
  },
  {
    input: 'a database of 5 GB, almost all of it holes',
    spoil: ({ database }) => truncateSync(database, 5 * 1024 ** 3),
    sees: /5\.[34] GB/,
    // Its header says how many pages count; the rest is no part of it.
    backup: 'succeeded',
  },
  {
    input: 'a database that is crafted to be slow: a view in the place of a table',
    spoil: ({ database }) => crafted.endlessView(database),
    sees: /state database: no table projection_threads: not a t3 state database/,
    backup: { reason: /no table projection_threads/ },
  },
  {
    input: 'a database that is crafted to be slow: a million migrations',
    spoil: ({ database }) => crafted.manyMigrations(database),
    sees: /state database: more than 10000 migrations: not a t3 state database/,
    backup: { reason: /more than 10000 migrations/ },
  },
  {
    input: 'a database that is crafted to fill memory: ten names of 240 MB that are computed',
    spoil: ({ database }) => crafted.fillsMemory(database),
    // By its memory or by its time, whichever it comes to first.
    sees: /state database: (out of memory|the reader failed|not read within 2 s)/,
    backup: { reason: /out of memory|snapshotter failed|not finished within 6 s/ },
  },
  {
    input: 'a database whose copy would be five hundred times as large: tables that share their pages',
    spoil: ({ database }) => crafted.growsWhenCopied(database),
    sees: / 30 /,
    backup: { reason: /cut off: no copy of a database of its size is so large/ },
  },
  {
    input: 'a database that is crafted to be checked for ever: a column that is never done',
    spoil: ({ database }) => crafted.isCheckedForEver(database),
    sees: / 30 /,
    backup: { reason: /not finished within 6 s/ },
  },
  {
    input: 'a virtual table in the place of a table',
    spoil: ({ database }) => crafted.virtualTable(database),
    sees: /state database: no table projection_threads: not a t3 state database/,
    backup: { reason: /no table projection_threads/ },
  },
  {
    input: 'a schema of 12 MB of garbage that would draw on the screen',
    spoil: ({ database }) => crafted.garbageSchema(database),
    sees: /state database: (malformed database schema|the reader failed)/,
    backup: { reason: /malformed database schema|snapshotter failed/ },
  },
  {
    input: 'a database of 100,000 tables',
    spoil: ({ database }) => crafted.manyTables(database),
    sees: / 30 |not read within 2 s|the reader failed/,
    backup: { reason: /not finished within 6 s|snapshotter failed|out of memory|integrity_check/ },
  },
  {
    input: 'a database that is mostly free pages',
    spoil: ({ database }) => crafted.largeFreelist(database),
    sees: / 30 /,
    backup: 'succeeded',
  },
  {
    input: 'a database of 8 TB of holes',
    spoil: ({ database }) => truncateSync(database, 8 * 1024 ** 4),
    sees: /8\.8 TB/,
    backup: { reason: /too little space/ },
  },
  {
    input: 'a write-ahead log of 8 TB of holes',
    spoil: ({ database }) => {
      writeFileSync(`${database}-wal`, '');
      truncateSync(`${database}-wal`, 8 * 1024 ** 4);
    },
    sees: /8\.8 TB/,
    backup: { reason: /too little space/ },
  },
  {
    input: 'a database with pages of 64 kB',
    spoil: ({ database }) => crafted.largePages(database),
    sees: / 30 /,
    backup: 'succeeded',
  },
  {
    input: 'a database whose header counts more free pages than it has',
    spoil: ({ database }) => crafted.lyingFreelist(database),
    sees: / 30 /,
    backup: 'succeeded',
  },
  {
    input: 'no database at all',
    spoil: ({ database }) => rmSync(database),
    sees: /state database: no state database/,
    backup: { reason: /no state database/ },
  },
  {
    input: 'a backup folder that is a link',
    spoil({ backups }) {
      rmSync(backups, { recursive: true, force: true });
      symlinkSync('/etc', backups);
    },
    sees: /snapshots: .*is a symbolic link, which is not followed/,
    backup: { reason: /is a symbolic link|is not a folder/ },
  },
  {
    input: 'a backup folder that is a file',
    spoil({ backups }) {
      rmSync(backups, { recursive: true, force: true });
      writeFileSync(backups, '');
    },
    sees: /snapshots: .*(is not a folder|a part of the path is not a folder)/,
    backup: { reason: /is not a folder/ },
  },
  {
    input: 'no backup folder',
    spoil: ({ backups }) => rmSync(backups, { recursive: true, force: true }),
    sees: /none/,
    backup: 'succeeded',
  },
  {
    input: 'snapshots with names that would draw on the screen',
    spoil({ backups }) {
      writeFileSync(path.join(backups, 'state-20261123-0330\u001b[2J.sqlite'), '');
      writeFileSync(path.join(backups, 'state-20261399-033000.sqlite'), '');
    },
    sees: /none/,
    backup: 'succeeded',
  },
  {
    input: 'a snapshot from the future',
    spoil: ({ backups }) =>
      copyFileSync(fixture('state-0.0.24.sqlite'), path.join(backups, 'state-20991231-033000.sqlite')),
    sees: /in the future/,
    backup: 'succeeded',
  },
];

let sandbox: TestSandbox;
let layout: Layout;
let status: Run;
const victims: string[] = [];

beforeAll(async () => {
  sandbox = await TestSandbox.create({ users: 3 + cases.length });
  layout = layoutOf(sandbox.root);
  const everybody = readFileSync(layout.userMap, 'utf8')
    .split('\n')
    .filter((line) => /^\w/.test(line))
    .map((line) => line.split('=')[1] ?? '');
  victims.push(...[...new Set(everybody)].slice(3));
  const units = supervisorUnits(sandbox.root, 20_000);
  await Promise.all(victims.map((user) => units.stop(`t3-serve@${user}.service`)));
  await units.close();
  for (const [index, { spoil }] of cases.entries()) {
    const user = victims[index] ?? '';
    const backups = sandbox.backups(user);
    rmSync(backups, { recursive: true, force: true });
    mkdirSync(backups, { mode: 0o700 });
    spoil({ database: sandbox.database(user), backups, layout, user });
  }
  status = await sandbox.run('status', '--set', 'limits.readerTimeout=2s');
});
afterAll(async () => {
  for (const db of holders) db.close();
  await sandbox.destroy();
});

/** The line of a user in the table, and the lines about them below it. */
function shown(user: string): string {
  return status.stdout
    .split('\n')
    .filter((line) => line.startsWith(`${user} `) || line.startsWith(`${user}:`))
    .join('\n');
}

describe('what the admin sees of', () => {
  it.each(cases.map(({ input, sees }, index) => ({ input, sees, index })))('$input', ({ sees, index }) => {
    expect(shown(victims[index] ?? '')).toMatch(sees);
  });

  it('everybody else: as if nothing were', () => {
    expect(shown('alice')).toMatch(/^alice +running .*0\.0\.24 +30 /m);
    expect(shown('bob')).toMatch(/^bob +running /m);
    expect(status.exitCode).toBe(0);
  });

  it('control characters and sequences: nothing, anywhere', async () => {
    // eslint-disable-next-line no-control-regex
    const controls = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;
    expect(status.stdout).not.toMatch(controls);
    for (const command of [['snapshots'], ['doctor'], ['--json', 'status']]) {
      const { stdout, stderr } = await sandbox.run('--set', 'limits.readerTimeout=2s', ...command);
      expect(stdout + stderr).not.toMatch(controls);
    }
  });
});

describe('a backup of everyone', () => {
  it('takes what is whole, says of each other why not, and ends with 4', async () => {
    const result = await sandbox.json<{
      users: { user: string; outcome: string; reason: string | null }[];
      leftOut: { user: string; reason: string }[];
    }>('backup', '--set', 'limits.commandTimeout=2s', '--set', 'snapshots.timeout=6s');
    const outcomes = Object.fromEntries([
      ...result.users.map(({ user, outcome, reason }) => [user, reason ?? outcome]),
      ...result.leftOut.map(({ user, reason }) => [user, reason]),
    ]) as Record<string, string>;
    const wrong = cases.flatMap(({ input, backup }, index) => {
      const found = outcomes[victims[index] ?? ''] ?? 'nothing';
      const fits = backup === 'succeeded' ? found === 'succeeded' : backup.reason.test(found);
      return fits && (backup === 'succeeded' || found !== 'succeeded') ? [] : [`${input}: ${found}`];
    });
    expect(wrong).toEqual([]);
    expect(outcomes['alice']).toBe('succeeded');
    expect(outcomes['bob']).toBe('succeeded');
    // Of what was cut off nothing is left.
    for (const user of victims)
      if (existsSync(sandbox.snapshots(user)))
        expect(readdirSync(sandbox.snapshots(user)).filter((name) => name.includes('partial'))).toEqual([]);
    // The locks have done their work, and would only cost the others time.
    for (const db of holders.splice(0)) db.close();
  });
});
