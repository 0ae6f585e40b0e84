import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import type { Layout } from '../../src/sandbox/layout.ts';
import { crafted, inDatabase } from './crafted.ts';

/** Everything that may be wrong with one user's files, by accident or on purpose, and what is made of it. */

export interface Case {
  /** What is wrong with this user's files. */
  input: string;
  spoil: (place: { database: string; backups: string; layout: Layout; user: string }) => void;
  /** The words on the user's line, and below the table. */
  sees: RegExp;
  /** And what becomes of a backup of that user. */
  backup: 'succeeded' | { reason: RegExp };
}

/** SQL of a file that holds a lock for as long as the test runs. */
export const holders: Database.Database[] = [];

const fixture = (name: string) => path.resolve(import.meta.dirname, '../fixtures/t3', name);

export const cases: readonly Case[] = [
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
    sees: /state database: (out of memory|the reader failed|not read within 6 s)/,
    backup: { reason: /out of memory|snapshotter failed|not finished within 15 s/ },
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
    backup: { reason: /not finished within 15 s/ },
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
    sees: / 30 |not read within 6 s|the reader failed/,
    backup: { reason: /not finished within 15 s|snapshotter failed|out of memory|integrity_check/ },
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
    // SQLite finds nothing in it that counts, and whoever looked last has taken it away.
    backup: 'succeeded',
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
