import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { dumpWork, integrityOf } from '../sandbox/databases.ts';
import { until } from '../sandbox/sandbox.ts';
import { portOf } from './guests.ts';
import {
  buildMachine,
  cockpit,
  databaseOf,
  holdSnapshotter,
  sh,
  unitOf,
  users,
  type Run,
} from './machine.ts';
import { startPackageSource, writePin } from './versions.ts';

/**
 * Disks that are full, or read-only, while versions move: each of those that a move writes to is one of its own. Whatever
 * is said, everybody's database is whole, fits the version, and may be started.
 */

const home = '/home/emo';
const backups = '/var/backups/t3-state';
const journal = '/var/lib/t3-cockpit';
const prefixes = '/usr/local/lib/t3-versions';
const disks = [home, backups, journal, prefixes];
const pin = '/home/vera/code/scripts/t3-autoupdate.sh';
const dropInsOf = (user: string) => `/etc/systemd/system/${unitOf(user)}.d`;
const names = users.map(({ name }) => name);

let source: Awaited<ReturnType<typeof startPackageSource>>;
let before: Record<string, string>;
beforeAll(async () => {
  await buildMachine();
  source = await startPackageSource();
  await writePin(pin, 'vera');
  await sh('systemctl', 'stop', unitOf('emo'));
  for (const disk of disks) await mount(disk);
  await sh('systemctl', 'reset-failed');
  await sh('systemctl', 'start', unitOf('emo'));
  before = work();
  for (const name of names) await answers(name);
  // The folders of their snapshots.
  expect((await cockpit(['backup'])).exitCode).toBe(0);
});
afterAll(async () => {
  await source.stop();
  await sh('systemctl', 'stop', unitOf('emo'));
  for (const disk of disks) await sh('umount', disk);
});

/** A disk of its own there, with what was there on it. */
async function mount(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const [mode, owner] = (await sh('stat', '--format=%a %u:%g', folder)).split(' ');
  await sh('cp', '--archive', folder, '/var/tmp/moved');
  await sh('mount', '-t', 'tmpfs', '-o', `size=700m,mode=${mode}`, 'tmpfs', folder);
  await sh('chown', owner ?? '', folder);
  await sh('cp', '--archive', '/var/tmp/moved/.', folder);
  rmSync('/var/tmp/moved', { recursive: true });
}
/** As large as what is on it. */
async function fill(disk: string): Promise<void> {
  const used = (await sh('df', '--output=used', '--block-size=4096', disk)).split('\n')[1]?.trim() ?? '';
  await sh('mount', '-o', `remount,size=${Math.max(1, Number(used)) * 4096}`, disk);
}
const makeRoom = (disk: string) => sh('mount', '-o', 'remount,rw,size=700m', disk);

/**
 * Something that happens right before the server of a user is started while this version is the one of everybody: after it
 * was stopped, and everything was switched.
 */
async function atStart(user: string, version: string, ...lines: string[]): Promise<void> {
  const is = `case "$(/usr/bin/t3 --version)" in *${version}*) ;; *) exit 0;; esac`;
  writeFileSync('/run/at-start', `${is}\n${lines.join('\n')}\n`);
  mkdirSync(dropInsOf(user), { recursive: true });
  writeFileSync(`${dropInsOf(user)}/50-test.conf`, '[Service]\nExecStartPre=+/bin/sh -e /run/at-start\n');
  await sh('systemctl', 'daemon-reload');
}
const filling = (disk: string) =>
  `mount -o remount,size=$(($(df --output=used --block-size=4096 ${disk} | tail -1) * 4096)) ${disk}`;
afterEach(async () => {
  for (const disk of disks) await makeRoom(disk);
  for (const name of names) rmSync(dropInsOf(name), { recursive: true, force: true });
  await sh('systemctl', 'daemon-reload');
});

const settings = [
  'gate.watch=50ms',
  'bump.soak=100ms',
  'limits.startTimeout=5s',
  'snapshots.keepFree=0b',
  'host.administrator=vera',
  'pins=[{"file":"{home}/code/scripts/t3-autoupdate.sh"}]',
];
const run = (...words: string[]): Promise<Run> =>
  cockpit([...[...settings, source.setting].flatMap((each) => ['--set', each]), '--yes', ...words]);
const bump = () => run('bump', '0.0.27');
/** Start one, and do not wait for it. */
async function begin(...words: string[]): Promise<{ id: string; end: () => Promise<Run> }> {
  const begun = await run(...words, '--detach');
  const id = /operation (\d+)/.exec(begun.stdout)?.[1];
  if (id === undefined) throw new Error(begun.stdout + begun.stderr);
  return { id, end: () => cockpit(['operations', id, '--follow']) };
}

const work = () => Object.fromEntries(names.map((name) => [name, dumpWork(databaseOf(name))]));
async function runs(name: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${portOf(name)}/.well-known/t3/environment`);
  return ((await answer.json()) as { serverVersion: string }).serverVersion;
}
const answers = (name: string) => until(`${name}’s server`, () => runs(name).catch(() => undefined));
function schemaOf(name: string): number | undefined {
  const db = new Database(databaseOf(name), { readonly: true });
  try {
    return db
      .prepare<[], { level: number }>('SELECT max(migration_id) AS level FROM effect_sql_migrations')
      .get()?.level;
  } finally {
    db.close();
  }
}
const loads = async () =>
  Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [
        name,
        (await sh('systemctl', 'show', '--value', '--property=LoadState', unitOf(name))).trim(),
      ]),
    ),
  ) as Record<string, string>;
const loaded = { vera: 'loaded', emo: 'loaded' };
const global = async () =>
  (await sh('runuser', '-u', 'emo', '--', '/usr/bin/t3', '--version')).replace('t3 v', '');
const pinned = () => /:-(.*)\}/.exec(readFileSync(pin, 'utf8'))?.[1];

/** Everybody has this version, the schema of it, and all of their work; and the host says so. */
async function expectAll(version: '0.0.24' | '0.0.27'): Promise<void> {
  for (const name of names) expect([name, await answers(name)]).toEqual([name, version]);
  await expectData(version);
  expect(await loads()).toEqual(loaded);
}
async function expectData(version: '0.0.24' | '0.0.27'): Promise<void> {
  const schema = version === '0.0.24' ? 30 : 32;
  for (const name of names) {
    expect([name, integrityOf(databaseOf(name))]).toEqual([name, 'ok']);
    expect([name, schemaOf(name)]).toEqual([name, schema]);
    const beside = readdirSync(path.dirname(databaseOf(name)));
    expect(beside.filter((each) => each.includes('t3-cockpit'))).toEqual([]);
  }
  expect(work()).toEqual(before);
  expect([await global(), pinned()]).toEqual([version, version]);
  expect(await sh('find', '/home/vera', home, '!', '-user', 'vera', '!', '-user', 'emo')).toBe('');
}
/** Everybody's server, as what it runs, and the schema under it: whoever answers has one that fits. */
async function pairs(): Promise<Record<string, string>> {
  const found = names.map(async (name) => {
    const version = await runs(name).catch(() => 'down');
    return [name, version === 'down' ? version : `${version} on ${schemaOf(name)}`] as const;
  });
  return Object.fromEntries(await Promise.all(found));
}
const said = (done: Run) => done.stdout + done.stderr;
/** What is owed is done, and then all is as it was. */
async function expectDrained(): Promise<void> {
  const drained = await run('--set', 'busy.quiet=0s', 'drain');
  expect(drained.exitCode, said(drained)).toBe(0);
  await expectAll('0.0.24');
}

describe('a bump', () => {
  it('for whose version there is no room fails, and nothing has changed', async () => {
    await fill(prefixes);
    const done = await bump();
    expect(done.exitCode, said(done)).toBe(1);
    expect(done.stdout).toMatch(
      /operation failed: .*no space left on the file system of \/usr\/local\/lib\/t3-versions/,
    );
    await makeRoom(prefixes);
    await expectAll('0.0.24');
  });

  it('before which the disk of the backups becomes full is refused: no snapshot, no bump', async () => {
    const { end } = await begin('bump', '0.0.27');
    const pid = await holdSnapshotter('vera', 'manual');
    await fill(backups);
    process.kill(pid, 'SIGCONT');
    const done = await end();
    expect(done.exitCode, said(done)).toBe(3);
    expect(done.stdout).toMatch(/no verified snapshot of \w+, no bump: .*nothing was changed/);
    await expectAll('0.0.24');
  });

  it('that goes back, and has no room for what it gives up: they stay on the version that knows their database', async () => {
    // Whoever was moved before them would have to go back.
    await atStart('emo', '0.0.27', filling(backups), 'exit 1');
    const done = await bump();
    expect(done.exitCode, said(done)).toBe(1);
    expect(done.stdout).toMatch(
      /operation failed: emo: .*not as before: vera: it stays on 0\.0\.27 for now, and drain takes it back .*too little space/,
    );
    await answers('emo');
    expect(await pairs()).toEqual({ vera: '0.0.27 on 32', emo: '0.0.24 on 30' });
    expect(await loads()).toEqual(loaded);
    expect([await global(), pinned()]).toEqual(['0.0.24', '0.0.24']);
    // Also when it is started anew by others.
    await sh('systemctl', 'restart', unitOf('vera'));
    expect(await answers('vera')).toBe('0.0.27');
    await makeRoom(backups);
    await expectDrained();
    expect((await cockpit(['unfreeze'])).exitCode).toBe(0);
  });

  it('in the middle of which a home becomes read-only goes back; its user is well when it can be written to', async () => {
    await atStart('emo', '0.0.27', `mount -o remount,ro ${home}`);
    const done = await bump();
    expect(done.exitCode, said(done)).toBe(1);
    expect(done.stdout).toMatch(
      /operation failed: emo: .*; not as before: emo: it runs nothing that answers/,
    );
    expect(await answers('vera')).toBe('0.0.24');
    expect(await loads()).toEqual(loaded);
    expect([await global(), pinned()]).toEqual(['0.0.24', '0.0.24']);
    await makeRoom(home);
    const healed = await run('restart', 'emo');
    expect(healed.exitCode, said(healed)).toBe(0);
    await expectAll('0.0.24');
    expect((await cockpit(['unfreeze'])).exitCode).toBe(0);
  });

  it('in the middle of which the disk of the journal becomes full is taken on when there is room', async () => {
    // What is written next needs room, however large its log was before.
    const short = `sqlite3 -cmd '.timeout 10000' ${journal}/journal.sqlite 'PRAGMA wal_checkpoint(TRUNCATE)'`;
    await atStart(
      'vera',
      '0.0.27',
      `[ -e /run/filled ] || { ${short}; ${filling(journal)}; }`,
      ': > /run/filled',
    );
    const { id } = await begin('bump', '0.0.27');
    const runner = async () =>
      (await sh('systemctl', 'show', '--value', '--property=ActiveState', `t3-cockpit-${id}`)).trim();
    await until('its runner to end', async () =>
      /^(active|deactivating)$/.test(await runner()) ? undefined : true,
    );
    rmSync('/run/filled');
    await makeRoom(journal);
    const cutOff = await cockpit(['operations', id]);
    expect(cutOff.stdout).toMatch(/interrupted: its runner died/);
    const resumed = await run('operations', 'resume', id);
    expect(resumed.exitCode, said(resumed)).toBe(0);
    await expectAll('0.0.27');
  });
});

describe('a rollback', () => {
  it('in the middle of which a home becomes read-only takes the others back; its user is owed it', async () => {
    await atStart('emo', '0.0.24', `mount -o remount,ro ${home}`);
    const done = await run('rollback');
    expect(done.exitCode, said(done)).toBe(4);
    expect(done.stdout).toMatch(
      /operation failed: back: vera; not back: emo .*the file system is read-only; they are owed/,
    );
    expect(await answers('vera')).toBe('0.0.24');
    expect(await loads()).toEqual(loaded);
    expect([await global(), pinned()]).toEqual(['0.0.24', '0.0.24']);
    writeFileSync('/run/at-start', '');
    await makeRoom(home);
    // What nobody could clear up then is named, and is a database: left to its admin.
    const left = /(\/home\/emo\/\S+)\.old: the file system is read-only/.exec(done.stdout)?.[1] ?? '';
    expect(integrityOf(`${left}.old`)).toBe('ok');
    for (const end of ['.old', '.txt']) rmSync(left + end);
    await expectDrained();
  });
});
