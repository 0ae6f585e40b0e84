import {
  cpSync,
  lstatSync,
  readFileSync,
  readdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
  appendFileSync,
} from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layoutOf, type Layout } from '../../src/sandbox/layout.ts';
import { mode, moveAway, swap, tryCase, type Case, type Diagnosis } from './broken.ts';
import { TestSandbox } from './sandbox.ts';

/** The doctor on a healthy host; then on one whose files are broken. */

let sandbox: TestSandbox;
let layout: Layout;
beforeAll(async () => {
  sandbox = await TestSandbox.create();
  layout = layoutOf(sandbox.root);
  expect((await sandbox.run('backup')).exitCode).toBe(0);
});
afterAll(() => sandbox.destroy());

const cases: Case[] = [
  {
    broken: 'no user map',
    by: () => moveAway(layout.userMap),
    findings: [
      'wrong paths/user map',
      'unknown dispatch/dispatch table',
      'unknown dispatch/entries',
      'wrong users/user map',
    ],
    found: /there is nothing/,
    remedy: /run what generates it/,
  },
  {
    broken: 'a user map that others may write',
    by: () => mode(layout.userMap, 0o666),
    findings: ['wrong paths/user map'],
    found: /mode 0666, so others may write it/,
    remedy: /^chmod go-w /,
    heals: true,
  },
  {
    broken: 'a line of the user map that is none',
    by: () => swap(layout.userMap, (text) => `${text}\u001b]0;owned\u0007\n`),
    findings: ['attention users/user map'],
    found: /^line \d+: expected authentik_name=os_user/,
    remedy: /correct the line/,
  },
  {
    broken: 'a user without unit, mapping, environment file and home',
    by: () => swap(layout.userMap, (text) => `${text}dora=dora\n`),
    findings: [
      'wrong paths/dora: environment file',
      'wrong paths/dora: files',
      'wrong dispatch/dora: dispatch',
      'wrong units/dora: unit',
    ],
    found: /there is nothing/,
    remedy: /write T3_PORT=PORT/,
  },
  {
    broken: 'an environment file that others may read',
    by: () => mode(layout.environmentFile('alice'), 0o644),
    findings: ['wrong paths/alice: environment file'],
    found: /mode 0644, so others may read it/,
    remedy: /^chmod go= /,
    heals: true,
  },
  {
    broken: 'an environment file without a port',
    by: () => swap(layout.environmentFile('carol'), (text) => text.replace('T3_PORT', 'PORT')),
    findings: ['wrong ports/carol: port'],
    found: /no T3_PORT in it/,
    remedy: /write T3_PORT=PORT into .*carol\.env/,
  },
  {
    broken: 'an environment file with another port than the dispatch has',
    by: () => swap(layout.environmentFile('carol'), (text) => text.replace(/T3_PORT=\d+/, 'T3_PORT=9')),
    findings: ['wrong ports/carol: port'],
    found: /the environment file says 9, the dispatch leads carol to \d+/,
    remedy: /say 9, or write T3_PORT=\d+ and restart t3-serve@carol\.service/,
  },
  {
    broken: 'a folder of backups that others may write',
    by: () => mode(layout.backups, 0o777),
    findings: ['wrong paths/backups'],
    found: /mode 0777/,
    remedy: /^chmod go-w /,
    heals: true,
  },
  {
    broken: 'no folder of backups',
    by: () => moveAway(layout.backups),
    findings: [
      'wrong paths/backups',
      'wrong disk/backups',
      'attention users/alice: snapshots',
      'attention users/bob: snapshots',
      'attention users/carol: snapshots',
    ],
    found: /there is nothing/,
    remedy: /^install -d -m 755 -o \S+ \S+\/var\/backups\/t3-state$/,
  },
  {
    broken: 'a backup folder that is a link',
    by: () => {
      const back = moveAway(sandbox.backups('bob'));
      symlinkSync('/', sandbox.backups('bob'));
      return back;
    },
    findings: ['wrong paths/bob: backup folder'],
    found: /is a symbolic link, not a folder/,
    remedy: /links are not followed/,
  },
  {
    broken: 'a backup folder that others may read',
    by: () => mode(sandbox.backups('alice'), 0o750),
    findings: ['wrong paths/alice: backup folder'],
    found: /mode 0750/,
    remedy: /^chmod go= /,
    heals: true,
  },
  {
    broken: 'a home that everybody may look into',
    by: () => mode(layout.home('carol'), 0o755),
    findings: ['attention paths/carol: files'],
    found: /every user can read it, and pairing credentials stand in it/,
    remedy: /^chmod o= /,
    heals: true,
  },
  {
    broken: 'a folder on the way to a database that is a link',
    by: () => {
      const folder = path.dirname(sandbox.database('carol'));
      const back = moveAway(folder);
      symlinkSync(`${folder}.away`, folder);
      return back;
    },
    findings: ['wrong paths/carol: files'],
    found: /userdata: is a symbolic link/,
    remedy: /put what it leads to in its place/,
  },
  {
    broken: 'a database that is none',
    by: () => {
      const back = moveAway(sandbox.database('carol'));
      writeFileSync(sandbox.database('carol'), 'not a database, however long it is looked at'.repeat(100));
      return back;
    },
    findings: ['wrong users/carol: database'],
    found: /not a database/,
    remedy: /snapshots carol$/,
  },
  {
    broken: 'no snapshot of a user',
    by: () => moveAway(sandbox.snapshots('carol')),
    findings: ['attention users/carol: snapshots'],
    found: /none that is verified/,
    remedy: / backup carol$/,
    heals: true,
  },
  {
    broken: 'a state folder that others may look into',
    by: () => mode(layout.state, 0o755),
    findings: ['wrong paths/state folder'],
    found: /mode 0755/,
    remedy: /^chmod go= /,
    heals: true,
  },
  {
    broken: 'a journal that is damaged',
    by: () => {
      const file = path.join(layout.state, 'journal.sqlite');
      cpSync(file, `${file}.away`);
      const bytes = readFileSync(file);
      // The first page says where everything is, and stays; of the others each loses its head.
      for (let at = 4096; at < bytes.length; at += 4096) bytes.fill(0xff, at, at + 16);
      writeFileSync(file, bytes);
      return () => renameSync(`${file}.away`, file);
    },
    findings: [
      'wrong journal/journal',
      'unknown users/alice: snapshots',
      'unknown users/bob: snapshots',
      'unknown users/carol: snapshots',
    ],
    found: /is damaged|malformed/,
    remedy: /move (the file|it) away to begin anew/,
  },
];

describe('a healthy sandbox', () => {
  it('has nothing wrong, nothing unknown, and nothing to look at', async () => {
    const run = await sandbox.run('doctor');
    expect(run.stdout).toMatch(/^nothing is wrong, \d\d as it should be$/m);
    expect(run.stdout).not.toMatch(/^(wrong|unknown|attention)/m);
    expect(run.exitCode).toBe(0);
    expect(await sandbox.json<Diagnosis>('doctor')).toMatchObject({
      schema: 1,
      wrong: 0,
      attention: 0,
      unknown: 0,
    });
  });

  it('is left as it was: no file, no pairing link, no session more', async () => {
    const look = () =>
      Object.fromEntries(
        readdirSync(sandbox.root, { recursive: true, encoding: 'utf8' })
          // Bob works all the time; and an open database has side files.
          .filter((name) => !/^home\/bob\/|-(wal|shm)$|^var\/log\/|^run\//.test(name))
          .map((name) => [name, lstatSync(path.join(sandbox.root, name)).ino]),
      );
    const rows = () => {
      const db = new Database(sandbox.database('bob'), { readonly: true });
      try {
        return ['auth_pairing_links', 'auth_sessions'].map(
          (table) => db.prepare<[], { rows: number }>(`SELECT count(*) AS rows FROM ${table}`).get()?.rows,
        );
      } finally {
        db.close();
      }
    };
    const before = { files: look(), rows: rows() };
    await sandbox.run('doctor');
    expect({ files: look(), rows: rows() }).toEqual(before);
  });
});

describe('the doctor', () => {
  it.each(cases)('finds $broken', (each) => tryCase(sandbox, each));

  it('shows nothing of an environment file', async () => {
    appendFileSync(layout.environmentFile('alice'), 'API_KEY=never-to-be-shown\n');
    const { stdout, stderr } = await sandbox.run('doctor');
    expect(stdout + stderr).not.toContain('never-to-be-shown');
  });
});
