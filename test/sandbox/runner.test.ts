import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootId } from '../../src/host/clock.ts';
import { runnerCookieVariable } from '../../src/host/runners.ts';
import { openJournal } from '../../src/journal/journal.ts';
import { recordPlace } from '../../src/journal/recorder.ts';
import { all } from './faults/sample.ts';
import { TestSandbox, until } from './sandbox.ts';

/** What happens to an operation when what runs it, or what watches it, goes away. */

let sandbox: TestSandbox;
beforeAll(async () => {
  // Large enough that there is a middle to be killed in.
  sandbox = await TestSandbox.create({ users: 3, large: 60 * 1024 * 1024 });
});
afterAll(() => sandbox.destroy());

async function submit(...users: string[]): Promise<number> {
  const { operation } = await sandbox.json<{ operation: { id: number } }>('backup', '--detach', ...users);
  return operation.id;
}

/** The journal's view, and everything that the folders hold besides. */
async function leftovers(): Promise<string[]> {
  const { snapshots } = await sandbox.json<{ snapshots: { file: string; standing: string }[] }>('snapshots');
  const listed = new Set(snapshots.filter((each) => each.standing === 'verified').map((each) => each.file));
  return ['alice', 'bob', 'carol']
    .flatMap((user) => sandbox.filesOf(user).map((name) => path.join(sandbox.snapshots(user), name)))
    .filter((file) => !listed.has(file) && !listed.has(file.replace(/json$/, 'sqlite')));
}

describe('an operation', () => {
  it('outlives the command that asked for it, and can be followed from another process', async () => {
    const id = await submit();
    const follower = await sandbox.run('operations', String(id), '--follow');
    expect(follower.exitCode).toBe(0);
    expect(follower.stdout).toContain('operation running');
    expect(follower.stdout).toMatch(new RegExp(`operation ${id}: succeeded$`));
  });

  it('is told as a stream of JSON lines as well', async () => {
    const { stdout } = await sandbox.run('--json', 'operations', '1', '--follow');
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { schema: number; payload: { type: string } });
    expect(events.every((event) => event.schema === 1)).toBe(true);
    expect(events.at(-1)?.payload).toMatchObject({ type: 'operation', outcome: 'succeeded' });
  });

  it('has the host to itself', async () => {
    const id = await submit();
    const second = await sandbox.run('backup', 'bob');
    expect(second.exitCode).toBe(3);
    expect(second.stderr).toContain(`operation ${id} (backup) is running`);
    await sandbox.run('operations', String(id), '--follow');
  });

  it('is refused by the lock when two are asked for in the same moment', async () => {
    const both = await Promise.all([sandbox.run('backup'), sandbox.run('backup')]);
    expect(both.map(({ exitCode }) => exitCode)).toContain(0);
    expect(both.every(({ exitCode }) => exitCode === 0 || exitCode === 3)).toBe(true);
    expect(await leftovers()).toEqual([]);
  });

  it('stops when asked to, discards what it was writing, and says so', async () => {
    const id = await submit('alice');
    await sandbox.holdCopy('alice', id);
    const { stderr } = await sandbox.run('operations', String(id), '--stop');
    expect(stderr).toContain('was asked to stop: the copy being written is discarded; finished ones stay.');
    const { exitCode, stdout } = await sandbox.run('operations', String(id), '--follow');
    expect(exitCode).toBe(130);
    expect(stdout).toContain('interrupted: stopped on request; 0 of 1 users done');
    expect(await leftovers()).toEqual([]);
  });
});

describe('a runner that is killed', () => {
  it('at random moments, many times: nothing partial is listed, and the next backup works and clears up', async () => {
    let cutOff = 0;
    const rounds = all ? 20 : 3;
    for (let round = 0; round < rounds; round += 1) {
      const id = await submit();
      const pid = await sandbox.runner(id);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 900));
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        // It was done already: then it has an outcome.
        expect((error as NodeJS.ErrnoException).code).toBe('ESRCH');
      }
      // What it had started dies with it, but not in the same moment: until then it is not over.
      const operation = await until('what became of it', async () => {
        const found = await sandbox.json<{ operation: { outcome: string | null } }>('operations', String(id));
        return found.operation.outcome === null ? undefined : found.operation;
      });
      if (operation.outcome === 'interrupted') cutOff += 1;
      else expect(operation.outcome).toBe('succeeded');
      const { snapshots } = await sandbox.json<{ snapshots: { file: string; standing: string }[] }>(
        'snapshots',
      );
      expect(snapshots.filter((each) => each.file.includes('partial'))).toEqual([]);
      for (const { file } of snapshots.filter((each) => each.standing === 'verified').slice(0, 3)) {
        const db = new Database(file, { readonly: true });
        expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
        db.close();
      }
      const next = await sandbox.run('backup');
      expect(next.exitCode).toBe(0);
      // Unless it had ended before it was killed, that is said first; nothing else is.
      expect(next.stderr).toMatch(
        /^(t3-cockpit: operation \d+ \(backup\) was interrupted: its runner died\. .*)?$/,
      );
      if (operation.outcome === 'interrupted') {
        expect(next.stdout).toContain(`operation ${id} had been cut off: cleared up after it`);
        expect((await sandbox.run('operations', String(id))).stdout).toContain(
          'interrupted: the runner died',
        );
      }
      expect(await leftovers()).toEqual([]);
    }
    expect(cutOff).toBeGreaterThan(0);
  }, 900_000);

  it('lets nobody else begin before its orphans are gone', async () => {
    const id = await submit('alice');
    const pid = await sandbox.runner(id);
    await sandbox.holdCopy('alice', id);
    process.kill(pid, 'SIGKILL');
    // Children die with the runner; one that would not is stood in for by a process of the same group and mark.
    const orphan = spawn('sleep', ['600'], {
      detached: true,
      stdio: 'ignore',
      env: { ...process.env, [runnerCookieVariable]: 'orphan' },
    });
    const db = openJournal(path.join(sandbox.root, 'var/lib/t3-cockpit'));
    recordPlace(db, id, { kind: 'group', group: orphan.pid ?? 0, cookie: 'orphan', boot: bootId() });
    db.close();
    const refused = await sandbox.run('backup', 'bob');
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toContain(`operation ${id} (backup) is running`);
    orphan.kill('SIGKILL');
    await once(orphan, 'exit');
    const next = await sandbox.run('backup', 'bob');
    expect(next.exitCode).toBe(0);
    expect(next.stdout).toContain(`operation ${id} had been cut off`);
    expect(await leftovers()).toEqual([]);
  });

  it('of another boot is known to be dead', async () => {
    const id = await submit('bob');
    await sandbox.run('operations', String(id), '--follow');
    const db = openJournal(path.join(sandbox.root, 'var/lib/t3-cockpit'));
    db.prepare(`UPDATE operations SET state = 'running', outcome = NULL WHERE id = ?`).run(id);
    recordPlace(db, id, { kind: 'group', group: process.pid, cookie: 'x', boot: 'another boot' });
    db.close();
    expect((await sandbox.run('operations', String(id))).stdout).toContain('interrupted: its runner died');
    expect((await sandbox.run('backup', 'bob')).exitCode).toBe(0);
  });
});
