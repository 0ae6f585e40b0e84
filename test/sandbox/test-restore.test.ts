import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemProcesses } from '../../src/host/processes.ts';
import { openJournal } from '../../src/journal/journal.ts';
import { layoutOf } from '../../src/sandbox/layout.ts';
import { installGlobally, installPrefix } from '../../src/sandbox/versions.ts';
import { TestSandbox, until } from './sandbox.ts';

/** What a test restore says of a snapshot, and what it does not; and that nothing remains of it. */

interface Verified {
  users: { outcome: string; reason: string | null; whole: boolean; trial: { outcome: string } | null }[];
}

let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await TestSandbox.create();
});
afterAll(() => sandbox.destroy());

const scratches = (user: string) => sandbox.filesOf(user).filter((name) => name.startsWith('.try-'));
const standingOf = async (user: string, file: string) =>
  (await sandbox.json<{ snapshots: { file: string; standing: string }[] }>('snapshots', user)).snapshots.find(
    (each) => each.file.endsWith(`/${file}`),
  )?.standing;

describe('a test restore', () => {
  let file: string;
  let name: string;
  beforeEach(async () => {
    const journal = openJournal(sandbox.loaded().paths.state);
    journal.exec('DELETE FROM snapshots');
    journal.close();
    rmSync(sandbox.snapshots('carol'), { recursive: true, force: true });
    expect((await sandbox.run('backup', 'carol')).exitCode).toBe(0);
    name = sandbox.filesOf('carol').find((each) => each.endsWith('.sqlite')) ?? '';
    file = path.join(sandbox.snapshots('carol'), name);
  });
  afterEach(() => expect(scratches('carol')).toEqual([]));

  it('does not pass one that no t3 at hand can open', async () => {
    const layout = layoutOf(sandbox.root);
    installGlobally(layout, '0.0.27');
    renameSync(path.join(layout.versions, '0.0.24'), path.join(layout.versions, 'away'));
    try {
      const { users } = await sandbox.json<Verified>('snapshots', 'verify', 'carol');
      expect(users[0]).toMatchObject({
        outcome: 'failed',
        reason: expect.stringMatching(
          /^whole, but its test restore was not possible: no t3 0\.0\.24 at hand/,
        ),
      });
      // Read wholly it was.
      expect(await standingOf('carol', name)).toBe('verified');
      expect((await sandbox.run('snapshots', 'verify', '--no-trial', 'carol')).exitCode).toBe(0);
    } finally {
      renameSync(path.join(layout.versions, 'away'), path.join(layout.versions, '0.0.24'));
      installGlobally(layout, '0.0.24');
    }
  });

  /** Put a line of shell in front of the t3 of a version. */
  async function withT3(line: string, work: () => Promise<void>): Promise<void> {
    const binary = path.join(layoutOf(sandbox.root).versions, '0.0.24/bin/t3');
    const script = readFileSync(binary, 'utf8');
    const rest = script.split('\n').slice(1).join('\n');
    writeFileSync(binary, `#!/bin/sh\n${line}\n${rest}`, { mode: 0o755 });
    try {
      await work();
    } finally {
      writeFileSync(binary, script, { mode: 0o755 });
    }
  }

  it('calls one damaged that the matching t3 cannot open, until it can', async () => {
    await withT3(
      '[ "$1" = auth ] && [ -e "$5/userdata/state.sqlite" ] && { echo "Error: it hurts"; exit 1; }',
      async () => {
        const { users } = await sandbox.json<Verified>('snapshots', 'verify', 'carol');
        expect(users[0]).toMatchObject({
          outcome: 'failed',
          whole: true,
          reason: 'whole, but its test restore by t3 0.0.24 failed: Error: it hurts',
        });
        expect(await standingOf('carol', name)).toBe('damaged');
        // Reading it alone is no answer to that.
        expect((await sandbox.run('snapshots', 'verify', '--no-trial', 'carol')).exitCode).toBe(0);
        expect(await standingOf('carol', name)).toBe('damaged');
      },
    );
    expect((await sandbox.run('snapshots', 'verify', 'carol')).exitCode).toBe(0);
    expect(await standingOf('carol', name)).toBe('verified');
  });

  it('calls none damaged because of a t3 that can open nothing at all', async () => {
    await withT3('[ "$1" = auth ] && { echo "Error: no libsqlite"; exit 1; }', async () => {
      const { users } = await sandbox.json<Verified>('snapshots', 'verify', 'carol');
      expect(users[0]).toMatchObject({
        outcome: 'failed',
        trial: { outcome: 'inconclusive' },
        reason: expect.stringContaining('t3 0.0.24 cannot open a new database either: Error: no libsqlite'),
      });
    });
    expect(await standingOf('carol', name)).toBe('verified');
  });

  it('finds out when the t3 that it calls the matching one has something to migrate', async () => {
    // A newer one that says it is the older: the copy is what it migrates, never the snapshot.
    const newer = installPrefix(layoutOf(sandbox.root), '0.0.27');
    const before = readFileSync(file);
    await withT3(`[ "$1" = auth ] && exec '${newer}' "$@"`, async () => {
      const { users } = await sandbox.json<Verified>('snapshots', 'verify', 'carol');
      expect(users[0]?.reason).toBe(
        'whole, but its test restore by t3 0.0.24 failed: t3 took its schema from 30 to 32',
      );
    });
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('is not made where there is no room for it', async () => {
    const { users } = await sandbox.json<Verified>(
      '--set',
      'snapshots.keepFree=900tb',
      'snapshots',
      'verify',
      'carol',
    );
    expect(users[0]).toMatchObject({
      outcome: 'failed',
      whole: true,
      reason: 'whole, but its test restore was not possible: no room to unpack it (snapshots.keepFree)',
    });
    expect(await standingOf('carol', name)).toBe('verified');
  });

  it('leaves no scratch folder behind when its runner is killed', async () => {
    // A t3 that never comes back from opening the copy.
    await withT3('[ "$1" = auth ] && exec sleep 600', async () => {
      const { operation } = await sandbox.json<{ operation: { id: number } }>(
        'snapshots',
        'verify',
        '--detach',
        'carol',
      );
      await until('a scratch folder', () => (scratches('carol').length > 0 ? true : undefined));
      const runner = await sandbox.runner(operation.id);
      const t3 = await until('t3 that hangs', async () => await hanging(sandbox.root));
      process.kill(-runner, 'SIGKILL');
      process.kill(t3, 'SIGKILL');
      await until('the runner is gone', async () =>
        (await systemProcesses.inGroup(runner)).length === 0 ? true : undefined,
      );
    });
    expect(scratches('carol')).toHaveLength(1);
    expect((await sandbox.run('backup', 'alice')).exitCode).toBe(0);
    expect(scratches('carol')).toEqual([]);
    expect(existsSync(file)).toBe(true);
  });
});
/** The `sleep` that stands for a t3 of this sandbox. */
async function hanging(root: string): Promise<number | undefined> {
  for (const pid of readdirSync('/proc')
    .filter((each) => /^\d+$/.test(each))
    .map(Number)) {
    const home = await systemProcesses.variable(pid, 'HOME');
    if (home?.startsWith(root) === true && (await systemProcesses.commandLine(pid))?.[0] === 'sleep')
      return pid;
  }
  return undefined;
}

describe('a snapshot that has rotted', () => {
  it('is not found by its size, and costs no other one when the others are removed for its sake', async () => {
    for (let press = 0; press < 3; press += 1) expect((await sandbox.run('backup', 'bob')).exitCode).toBe(0);
    const [, middle = '', newest = ''] = sandbox.snapshotsOf('bob');
    const descriptor = openSync(path.join(sandbox.snapshots('bob'), newest), 'r+');
    writeSync(descriptor, 'rotten', 5000);
    closeSync(descriptor);
    expect(await standingOf('bob', newest)).toBe('verified');
    const tight = ['last=1', 'daily=0', 'weekly=0', 'perVersion=1'].flatMap((rule) => [
      '--set',
      `snapshots.keep.${rule}`,
    ]);
    const { stdout } = await sandbox.run(...tight, '--yes', 'snapshots', 'prune', 'bob');
    expect(stdout).toContain(`${newest} is damaged, and does not count`);
    // What would have gone for its sake stays; what is older than that goes, for the one in between is whole.
    expect(sandbox.snapshotsOf('bob').toSorted()).toEqual([middle, newest].toSorted());
    expect(await standingOf('bob', newest)).toBe('damaged');
  });
});
