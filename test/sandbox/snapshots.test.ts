import { execFileSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openJournal } from '../../src/journal/journal.ts';
import { examineSnapshot, SnapshotFinding } from '../../src/snapshots/snapshotter.ts';
import { all } from './faults/sample.ts';
import { TestSandbox } from './sandbox.ts';

/** What a snapshot that was tampered with, or has rotted, is found to be; and what is never removed. */

interface Verified {
  operation: { id: number; outcome: string };
  users: {
    user: string;
    step: string;
    outcome: string;
    reason: string | null;
    file: string;
    whole: boolean;
    trial: { outcome: string } | null;
  }[];
}
interface Listed {
  snapshots: {
    user: string;
    file: string;
    origin: string;
    standing: string;
    protected: boolean;
    trial: { version: string; problem: string | null } | null;
  }[];
}

let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await TestSandbox.create();
});
afterAll(() => sandbox.destroy());

const listed = async (user: string) => (await sandbox.json<Listed>('snapshots', user)).snapshots;
const standingOf = async (user: string, file: string) =>
  (await listed(user)).find((each) => each.file.endsWith(`/${file}`))?.standing;
const newest = (user: string) =>
  sandbox
    .filesOf(user)
    .filter((name) => name.endsWith('.sqlite'))
    .toSorted()
    .at(-1) ?? '';
const scratches = (user: string) => sandbox.filesOf(user).filter((name) => name.startsWith('.try-'));

/** Flip one bit in place. Twice is as if never. */
function flip(file: string, at: number): void {
  const bytes = readFileSync(file).subarray(at, at + 1);
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, Buffer.of((bytes[0] ?? 0) ^ 0x10), 0, 1, at);
  closeSync(descriptor);
}

describe('verifying', () => {
  let file: string;
  let name: string;
  beforeEach(async () => {
    const journal = openJournal(sandbox.loaded().paths.state);
    journal.exec('DELETE FROM snapshots');
    journal.close();
    rmSync(sandbox.snapshots('carol'), { recursive: true, force: true });
    expect((await sandbox.run('backup', 'carol')).exitCode).toBe(0);
    name = newest('carol');
    file = path.join(sandbox.snapshots('carol'), name);
  });
  afterEach(() => expect(scratches('carol')).toEqual([]));

  it('finds a whole one whole, and has the t3 that it was taken of open a copy', async () => {
    const before = readFileSync(file);
    const { exitCode } = await sandbox.run('snapshots', 'verify', 'carol');
    expect(exitCode).toBe(0);
    const entry = (await listed('carol')).find((each) => each.file === file);
    expect(entry).toMatchObject({ standing: 'verified', trial: { version: '0.0.24', problem: null } });
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('finds one flipped bit, in whichever page it is', async () => {
    const host = sandbox.host();
    try {
      const account = {
        name: 'carol',
        uid: process.getuid?.() ?? 0,
        gid: process.getgid?.() ?? 0,
        home: '/',
      };
      const place = { backups: sandbox.backups('carol'), folder: sandbox.snapshots('carol'), name };
      const options = { account, timeout: 60_000, memory: 512 * 1024 ** 2 };
      const { sha256 } = await examineSnapshot(host, place, options);
      const pages = readFileSync(file).length / 4096;
      expect(pages).toBeGreaterThan(90);
      const missed: number[] = [];
      for (let page = 0; page < pages; page += all ? 1 : 4) {
        const at = page * 4096 + ((page * 37) % 4096);
        flip(file, at);
        const found = await examineSnapshot(host, place, options).then(
          (facts) => facts.sha256 !== sha256,
          (error: unknown) => error instanceof SnapshotFinding,
        );
        if (!found) missed.push(page);
        flip(file, at);
      }
      expect(missed).toEqual([]);
      expect((await examineSnapshot(host, place, options)).sha256).toBe(sha256);
    } finally {
      await host.close();
    }
  }, 900_000);

  it.each<[string, (file: string) => void, RegExp, string]>([
    ['a bit flipped in free space', (at) => flip(at, 4096 * 50 + 3000), /./, 'damaged'],
    ['cut off', (at) => truncateSync(at, 4096 * 20), /malformed|checksum|integrity/, 'damaged'],
    ['emptied', (at) => truncateSync(at), /not a t3 state database|checksum/, 'damaged'],
    [
      'replaced by another whole database of the same size',
      (at) => {
        const bytes = readFileSync(at);
        // The counter in the header (fileformat2, offset 24): valid, and not what was recorded.
        bytes.writeUInt32BE(bytes.readUInt32BE(24) + 1, 24);
        bytes.writeUInt32BE(bytes.readUInt32BE(92) + 1, 92);
        writeFileSync(at, bytes);
      },
      /its checksum is not the one that was recorded/,
      'damaged',
    ],
  ])('says that one is %s, and goes on with the next', async (_, spoil, words, standing) => {
    expect((await sandbox.run('backup', 'carol')).exitCode).toBe(0);
    const other =
      newest('carol') === name
        ? (sandbox.filesOf('carol').find((each) => each.endsWith('.sqlite') && each !== name) ?? '')
        : newest('carol');
    spoil(file);
    const { users } = await sandbox.json<Verified>('snapshots', 'verify', 'carol');
    const bad = users.filter(({ outcome }) => outcome !== 'succeeded');
    expect(bad).toHaveLength(1);
    expect(bad[0]?.reason).toMatch(words);
    expect(users.length).toBeGreaterThanOrEqual(2);
    expect(await standingOf('carol', name)).toBe(standing);
    expect(await standingOf('carol', other)).toBe('verified');
    // It says so to whoever looks, and does not count as a backup.
    expect((await sandbox.run('status', 'carol')).stdout).toContain(`carol: snapshot ${name} is damaged`);
    expect((await sandbox.run('snapshots', 'verify', 'carol')).exitCode).toBe(4);
  });

  it.each<[string, (file: string) => void, RegExp]>([
    [
      'a link',
      (at) => (renameSync(at, `${at}.away`), symlinkSync(`${at}.away`, at)),
      /is a symbolic link, which is not followed/,
    ],
    ['a FIFO', (at) => (rmSync(at), execFileSync('mkfifo', [at])), /is not a regular file/],
    ['a folder', (at) => (rmSync(at), mkdirSync(at)), /is not a regular file/],
    ['gone', (at) => rmSync(at), /no such file/],
  ])('takes one that has become %s for missing, and follows nothing', async (_, spoil, words) => {
    expect((await sandbox.run('backup', 'alice')).exitCode).toBe(0);
    spoil(file);
    expect(await standingOf('carol', name)).toBe('missing');
    expect((await sandbox.run('status', 'carol')).stdout).toContain(`snapshot ${name} is missing`);
    // Nobody may hear that all snapshots are good while one is gone.
    const { operation, users } = await sandbox.json<Verified>(
      'snapshots',
      'verify',
      '--no-trial',
      'alice',
      'carol',
    );
    expect(operation.outcome).toBe('failed');
    const bad = users.filter(({ outcome }) => outcome !== 'succeeded');
    expect(bad).toEqual([expect.objectContaining({ user: 'carol', file: name, whole: false, trial: null })]);
    expect(bad[0]?.reason).toMatch(words);
    expect(users.length).toBeGreaterThan(1);
    expect(await standingOf('carol', name)).toBe('missing');
    rmSync(file, { recursive: true, force: true });
  });

  it('misses one that is gone until the admin says that they know', async () => {
    const refused = await sandbox.run('snapshots', 'forget', name);
    expect([refused.exitCode, refused.stderr]).toEqual([3, expect.stringContaining('is there')]);
    expect(await standingOf('carol', name)).toBe('verified');
    rmSync(file);
    expect((await sandbox.run('--read-only', 'snapshots', 'forget', name)).exitCode).toBe(3);
    expect((await sandbox.run('--dry-run', 'snapshots', 'forget', name)).stdout).toContain('would be');
    expect(await standingOf('carol', name)).toBe('missing');
    expect((await sandbox.run('snapshots', 'forget', name)).exitCode).toBe(0);
    expect(await standingOf('carol', name)).toBeUndefined();
  });

  it('needs no manifest, and believes none', async () => {
    const manifest = file.replace(/\.sqlite$/, '.json');
    writeFileSync(manifest, '{"sha256":"\u001b[31mforged","bytes":1}');
    expect((await sandbox.run('snapshots', 'verify', 'carol')).exitCode).toBe(0);
    rmSync(manifest);
    expect((await sandbox.run('snapshots', 'verify', 'carol')).exitCode).toBe(0);
    // And a manifest alone, or one with a forged snapshot, makes none that is vouched for.
    const forged = 'manual-0.0.24-20300101T000000Z-abcdef.sqlite';
    copyFileSync(file, path.join(sandbox.snapshots('carol'), forged));
    expect(await standingOf('carol', forged)).toBe('unverified');
  });

  it('sees that a snapshot of somebody else has been put in its place', async () => {
    await sandbox.run('backup', 'alice');
    copyFileSync(path.join(sandbox.snapshots('alice'), newest('alice')), file);
    expect(await standingOf('carol', name)).toBe('changed');
    const { users } = await sandbox.json<Verified>('snapshots', 'verify', 'carol');
    expect(users[0]?.reason).toMatch(/checksum/);
  });

  it('sees that those of two users have been swapped, and leaves a third one alone', async () => {
    for (const user of ['alice', 'bob']) expect((await sandbox.run('backup', user)).exitCode).toBe(0);
    const theirs = path.join(sandbox.snapshots('alice'), newest('alice'));
    const bytes = readFileSync(theirs);
    copyFileSync(file, theirs);
    writeFileSync(file, bytes);
    const { users } = await sandbox.json<Verified>('snapshots', 'verify', '--no-trial');
    const of = (wanted: string) => users.find(({ file: each }) => each === wanted);
    expect(of(name)?.reason).toMatch(/checksum/);
    expect(of(path.basename(theirs))?.reason).toMatch(/checksum/);
    expect(of(newest('bob'))?.outcome).toBe('succeeded');
    rmSync(theirs);
  });

  it('says which names there are, when there is none like it', async () => {
    const typed = `${name.slice(0, -8)}.sqlite`;
    for (const args of [
      ['verify', '--snapshot', typed],
      ['protect', typed],
      ['protect', name.slice(-15, -7)],
    ]) {
      const refused = await sandbox.run('snapshots', ...args);
      expect([refused.exitCode, refused.stderr]).toEqual([
        2,
        expect.stringContaining(`did you mean ${name}`),
      ]);
    }
    const nothing = await sandbox.run('snapshots', 'protect', 'x');
    expect([nothing.exitCode, nothing.stderr]).toEqual([
      2,
      't3-cockpit: there is no snapshot x; t3-cockpit snapshots lists them',
    ]);
  });

  it('does not call one damaged that it could not look at', async () => {
    const { length } = readFileSync(file);
    // The same database with a long empty tail: longer than anybody reads in a second.
    truncateSync(file, 40 * 1024 ** 3);
    const { users } = await sandbox.json<Verified>(
      '--set',
      'snapshots.timeout=1s',
      'snapshots',
      'verify',
      '--no-trial',
      'carol',
    );
    expect(users[0]).toMatchObject({ outcome: 'failed', whole: false });
    // Its time or its CPU time was over, whichever came first.
    expect(users[0]?.reason).toMatch(/not finished within 1 s|the snapshotter failed/);
    truncateSync(file, length);
    // Nobody has found anything wrong with it.
    expect(await standingOf('carol', name)).toBe('verified');
  });

  it('verifies what the host’s own script made, as found, and remembers what is damaged', async () => {
    const whole = path.join(sandbox.backups('carol'), 'state-20261120-033000.sqlite');
    const rotten = path.join(sandbox.backups('carol'), 'state-20261121-033000.sqlite');
    copyFileSync(file, whole);
    copyFileSync(file, rotten);
    truncateSync(rotten, 4096 * 30);
    expect(await standingOf('carol', path.basename(whole))).toBe('unverified');
    expect((await sandbox.run('snapshots', 'verify', 'carol')).exitCode).toBe(4);
    expect(await standingOf('carol', path.basename(whole))).toBe('verified');
    expect(await standingOf('carol', path.basename(rotten))).toBe('damaged');
    rmSync(whole);
    rmSync(rotten);
    // Their retention took it away: that is no loss of ours.
    expect(await standingOf('carol', path.basename(whole))).toBeUndefined();
  });
});
