import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readSnapshots, recordSnapshot } from '../../src/journal/snapshots.ts';
import { openJournal } from '../../src/journal/journal.ts';
import { retentionGuard } from '../../src/operations/guards/retention.ts';
import { SpaceLedger } from '../../src/snapshots/space.ts';
import { systemProcesses } from '../../src/host/processes.ts';
import { TestSandbox, until } from './sandbox.ts';

/** The host's own retention, and ours: what neither may cost. */

/** The host's rule as its script has it (docs/host.md, traps): the newest six of everything that its glob matches. */
const hostRule = 'cd "$1" && ls -t state-*.sqlite | tail -n +7 | xargs -r rm --';

/** Ours, as tight as it can be set. */
const tight = ['last=1', 'daily=0', 'weekly=0', 'perVersion=1'].flatMap((rule) => [
  '--set',
  `snapshots.keep.${rule}`,
]);

let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await TestSandbox.create();
});
afterAll(() => sandbox.destroy());
beforeEach(async () => {
  const journal = openJournal(sandbox.loaded().paths.state);
  journal.exec('DELETE FROM snapshots');
  journal.close();
  rmSync(sandbox.snapshots('alice'), { recursive: true, force: true });
});

const backup = async (kind = 'manual') =>
  expect((await sandbox.run('backup', '--kind', kind, 'alice')).exitCode).toBe(0);
const ours = () => sandbox.snapshotsOf('alice');
const hosts = () => readdirSync(sandbox.backups('alice')).filter((name) => name.startsWith('state-'));
const standings = async () =>
  (
    await sandbox.json<{ snapshots: { file: string; origin: string; standing: string }[] }>(
      'snapshots',
      'alice',
    )
  ).snapshots.filter(({ origin }) => origin === 'cockpit');

describe('the host’s own retention at 03:30', () => {
  it('costs no rollback target, however often b was pressed before', async () => {
    await backup('prebump');
    const [target = ''] = ours();
    const alias = hosts().find((name) => name.startsWith('state-prebump-0.0.24-'));
    // One copy by two names: theirs may go, ours stays.
    const inodeOf = (...names: string[]) => statSync(path.join(...names)).ino;
    expect(inodeOf(sandbox.backups('alice'), alias ?? '')).toBe(inodeOf(sandbox.snapshots('alice'), target));
    expect(target).toMatch(/^prebump-0\.0\.24-/);
    for (let press = 0; press < 6; press += 1) await backup();
    // Their script's own daily ones, younger than everything: seven nights.
    for (let night = 1; night <= 7; night += 1) {
      writeFileSync(path.join(sandbox.backups('alice'), `state-2027010${night}-033000.sqlite`), 'x');
      execFileSync('sh', ['-c', hostRule, 'sh', sandbox.backups('alice')]);
    }
    // It did its worst: their name for the target is gone, ours and all seven of ours are not.
    expect(hosts()).toHaveLength(6);
    expect(hosts()).not.toContain(alias);
    expect(ours()).toHaveLength(7);
    expect(ours()).toContain(target);
    expect((await standings()).map(({ standing }) => standing)).toEqual(Array(7).fill('verified'));
    expect((await sandbox.run('snapshots', 'verify', '--snapshot', target, 'alice')).exitCode).toBe(0);
    for (const name of hosts()) rmSync(path.join(sandbox.backups('alice'), name));
  }, 900_000);
});

describe('pruning', () => {
  it('shows a plan that changes nothing, asks for --yes, then does exactly that', async () => {
    for (let press = 0; press < 3; press += 1) await backup();
    await backup('prebump');
    await backup();
    const before = ours();
    const { plan } = await sandbox.json<{
      plan: { lanes: { steps: { file: string }[] }[]; notes: string[] };
    }>('--dry-run', ...tight, 'snapshots', 'prune', 'alice');
    const planned = plan.lanes.flatMap(({ steps }) => steps.map(({ file }) => file));
    expect(planned).toHaveLength(3);
    expect(plan.notes.some((note) => note.endsWith('the way back to 0.0.24'))).toBe(true);
    const refused = await sandbox.run(...tight, 'snapshots', 'prune', 'alice');
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toContain('say --yes');
    expect(ours()).toEqual(before);
    expect((await sandbox.run(...tight, '--yes', 'snapshots', 'prune', 'alice')).exitCode).toBe(0);
    expect(ours().toSorted()).toEqual(before.filter((name) => !planned.includes(name)).toSorted());
    for (const gone of planned)
      expect(existsSync(path.join(sandbox.snapshots('alice'), gone.replace('.sqlite', '.json')))).toBe(false);
    expect((await standings()).map(({ standing }) => standing)).toEqual(['verified', 'verified']);
    const again = await sandbox.run(...tight, '--yes', 'snapshots', 'prune', 'alice');
    expect([again.exitCode, again.stdout]).toEqual([0, 'nothing to remove']);
  }, 900_000);

  it('leaves a protected one alone, until it is unprotected', async () => {
    await backup();
    const [kept = ''] = ours();
    await backup();
    expect((await sandbox.run('snapshots', 'protect', kept)).exitCode).toBe(0);
    expect((await sandbox.run('snapshots')).stdout).toMatch(new RegExp(`verified, protected +.*${kept}`));
    await sandbox.run(...tight, '--yes', 'snapshots', 'prune', 'alice');
    expect(ours()).toContain(kept);
    await sandbox.run('snapshots', 'unprotect', kept);
    await sandbox.run(...tight, '--yes', 'snapshots', 'prune', 'alice');
    expect(ours()).not.toContain(kept);
    expect((await sandbox.run('snapshots', 'protect', kept)).exitCode).toBe(2);
    const theirs = readdirSync(sandbox.backups('bob')).find((name) => name.startsWith('state-')) ?? '';
    const refused = await sandbox.run('snapshots', 'protect', theirs);
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toContain('which removes it by its own rule');
    expect((await sandbox.run('--read-only', 'snapshots', 'protect', ours().at(-1) ?? '')).exitCode).toBe(3);
  }, 900_000);

  it('removes nothing that it does not know, not even in its own folder', async () => {
    await backup();
    await backup();
    const journal = openJournal(sandbox.loaded().paths.state);
    journal.exec('DELETE FROM snapshots');
    journal.close();
    const result = await sandbox.run(...tight, '--yes', 'snapshots', 'prune', 'alice');
    expect(result.stdout).toBe('nothing to remove');
    expect(ours()).toHaveLength(2);
  });

  it('leaves a file alone that is not the one recorded, says so, and goes on with the next', async () => {
    for (let press = 0; press < 3; press += 1) await backup();
    const [forged = '', other = ''] = ours();
    const file = path.join(sandbox.snapshots('alice'), forged);
    // As large as it was: only reading it tells.
    const bytes = readFileSync(file);
    bytes.writeUInt8((bytes[3000] ?? 0) ^ 1, 3000);
    writeFileSync(file, bytes);
    const { users } = await sandbox.json<{
      users: { file: string; outcome: string; reason: string | null }[];
    }>(...tight, '--yes', 'snapshots', 'prune', 'alice');
    expect(users.find((each) => each.file === forged)).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining('does not have the checksum that was recorded: it is left alone'),
    });
    expect(users.find((each) => each.file === other)?.outcome).toBe('succeeded');
    expect(readFileSync(file).equals(bytes)).toBe(true);
    expect(ours()).not.toContain(other);
    expect((await standings()).find((each) => each.file === file)?.standing).toBe('damaged');
  });

  it('does not say that there is nothing to remove where it could not look', async () => {
    await backup();
    const folder = sandbox.backups('alice');
    renameSync(folder, `${folder}.away`);
    symlinkSync(`${folder}.away`, folder);
    try {
      const result = await sandbox.run(...tight, '--yes', 'snapshots', 'prune', 'alice');
      expect(result.exitCode).toBe(1);
      expect(result.stderr).toMatch(/left out: alice: .*is a symbolic link/);
      expect((await sandbox.run(...tight, '--yes', 'snapshots', 'prune', 'alice', 'bob')).exitCode).toBe(4);
    } finally {
      rmSync(folder);
      renameSync(`${folder}.away`, folder);
    }
  });

  it('is refused in read-only mode', async () => {
    await backup();
    await backup();
    const refused = await sandbox.run(...tight, '--read-only', '--yes', 'snapshots', 'prune', 'alice');
    expect(refused.exitCode).toBe(3);
    expect(ours()).toHaveLength(2);
  });
});

describe('a runner that is killed while it prunes', () => {
  /** So large that reading it takes a second at least, and all zeros, so that it takes no room. */
  const bytes = 2 * 1024 ** 3;
  const old = 'manual-0.0.24-20261101T000000Z-abcdef.sqlite';
  let sha256: string;
  beforeAll(() => {
    const hash = createHash('sha256');
    const block = Buffer.alloc(1024 ** 2);
    for (let done = 0; done < bytes; done += block.length) hash.update(block);
    sha256 = hash.digest('hex');
  });

  /** Two snapshots, and a runner killed while the older one is read for its removal. @returns that one's file */
  async function killed(): Promise<string> {
    await backup();
    const file = path.join(sandbox.snapshots('alice'), old);
    writeFileSync(file, '');
    truncateSync(file, bytes);
    writeFileSync(manifestOf(file), '{}');
    const journal = openJournal(sandbox.loaded().paths.state);
    const [young] = readSnapshots(journal, 'alice');
    if (young === undefined) throw new Error('no snapshot');
    recordSnapshot(journal, { ...young, file: old, takenAt: Date.UTC(2026, 10, 1), bytes, sha256 });
    journal.close();
    const { operation } = await sandbox.json<{ operation: { id: number } }>(
      ...tight,
      '--yes',
      'snapshots',
      'prune',
      '--detach',
      'alice',
    );
    await sandbox.holdSnapshotter(operation.id);
    const runner = await sandbox.runner(operation.id);
    process.kill(-runner, 'SIGKILL');
    await until('the runner is gone', async () =>
      (await systemProcesses.inGroup(runner)).length === 0 ? true : undefined,
    );
    expect(existsSync(file)).toBe(true);
    return file;
  }
  const manifestOf = (file: string) => file.replace(/\.sqlite$/, '.json');

  it('before the file went: it is as it was, and can go the next time', async () => {
    const file = await killed();
    const recovered = await sandbox.run('operations', '--recover');
    expect(recovered.stdout).toContain('had been cut off: cleared up after it');
    expect([existsSync(file), existsSync(manifestOf(file))]).toEqual([true, true]);
    expect((await standings()).map(({ standing }) => standing)).toEqual(['verified', 'verified']);
    expect((await sandbox.run(...tight, '--yes', 'snapshots', 'prune', 'alice')).exitCode).toBe(0);
    expect(existsSync(file)).toBe(false);
  });

  it('after the file went: its manifest goes too, and the journal misses nothing', async () => {
    const file = await killed();
    rmSync(file);
    expect(existsSync(manifestOf(file))).toBe(true);
    expect((await sandbox.run('operations', '--recover')).exitCode).toBe(0);
    expect(existsSync(manifestOf(file))).toBe(false);
    expect((await standings()).map(({ standing }) => standing)).toEqual(['verified']);
  });
});

describe('the guard', () => {
  /** Ask it about one of alice's snapshots, with the journal as it is now. */
  async function judge(file: string, bytes?: number, sha256?: string) {
    const host = sandbox.host();
    const config = sandbox.loaded();
    config.snapshots.keep = { last: 1, daily: 0, weekly: 0, perVersion: 1, prerestore: 1 };
    const journal = openJournal(config.paths.state);
    try {
      const account = (await host.accounts.byName(['alice'])).get('alice');
      if (account === undefined) throw new Error('no alice');
      const { size = 0 } = (await host.files.look(path.join(sandbox.snapshots('alice'), file))) ?? {};
      return await retentionGuard.check(
        { host, config, account, space: new SpaceLedger(), journal, operation: 1 },
        {
          kind: 'remove-snapshot',
          id: 'x',
          title: file,
          user: 'alice',
          backups: sandbox.backups('alice'),
          folder: sandbox.snapshots('alice'),
          file,
          bytes: bytes ?? size,
          sha256: sha256 ?? readSnapshots(journal, 'alice').find((each) => each.file === file)?.sha256 ?? '',
        },
      );
    } finally {
      journal.close();
      await host.close();
    }
  }

  it('judges by what there is now, not by what was planned', async () => {
    await backup();
    const [old = ''] = ours();
    await backup();
    const young = ours().find((name) => name !== old) ?? '';
    expect(await judge(old)).toEqual({ holds: true });
    expect(await judge(young)).toMatchObject({ holds: false, reason: 'kept: the newest verified one' });
    expect(await judge(old, 1)).toMatchObject({ holds: false });
    expect(await judge(old, undefined, 'b'.repeat(64))).toMatchObject({ holds: false });
    expect(await judge('manual-0.0.24-20200101T000000Z-abcdef.sqlite')).toMatchObject({ holds: false });
    // What made it dispensable goes away: it is the last one now.
    rmSync(path.join(sandbox.snapshots('alice'), young));
    expect(await judge(old)).toMatchObject({ holds: false, reason: 'kept: the newest verified one' });
  });

  it('takes an unreadable folder for a no', async () => {
    await backup();
    const [only = ''] = ours();
    const journal = openJournal(sandbox.loaded().paths.state);
    recordSnapshot(journal, {
      user: 'alice',
      kind: 'manual',
      folder: sandbox.snapshots('alice'),
      file: 'manual-0.0.24-20300101T000000Z-abcdef.sqlite',
      takenAt: Date.UTC(2030, 0, 1),
      version: '0.0.24',
      bytes: 1,
      sha256: 'a'.repeat(64),
      pageSize: 4096,
      migrations: [],
      work: { projects: 0, threads: 0, messages: 0, turns: 0 },
      verifiedAt: 1,
      operation: 1,
    });
    journal.close();
    // A record without a file speaks for nobody.
    expect(await judge(only)).toMatchObject({ holds: false });
    execFileSync('mv', [sandbox.backups('alice'), `${sandbox.backups('alice')}.away`]);
    execFileSync('ln', ['-s', `${sandbox.backups('alice')}.away`, sandbox.backups('alice')]);
    try {
      expect(await judge(only)).toMatchObject({
        holds: false,
        reason: expect.stringContaining('is a symbolic link'),
      });
    } finally {
      rmSync(sandbox.backups('alice'));
      execFileSync('mv', [`${sandbox.backups('alice')}.away`, sandbox.backups('alice')]);
    }
  });
});
