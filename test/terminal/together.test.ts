import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openJournalReadOnly } from '../../src/journal/journal.ts';
import { listOperations, openOperations } from '../../src/journal/operations.ts';
import { layoutOf } from '../../src/sandbox/layout.ts';
import { TestSandbox, until } from '../sandbox/sandbox.ts';
import { Terminal } from './terminal.ts';

/** Two admins and a script at once on one host, while users come and go. */

let sandbox: TestSandbox;
const open: Terminal[] = [];
beforeAll(async () => {
  sandbox = await TestSandbox.create({ users: 4 });
});
afterEach(() => {
  for (const terminal of open.splice(0)) terminal.dispose();
});
afterAll(() => sandbox.destroy());

function cockpit(): Terminal {
  const terminal = new Terminal(['--config', sandbox.config], { columns: 120, rows: 40 });
  open.push(terminal);
  return terminal;
}

/** Nothing runs: whoever asks next is heard. */
async function idle(): Promise<void> {
  const journal = openJournalReadOnly(sandbox.loaded().paths.state);
  await until('no operation is open', () => (openOperations(journal).length === 0 ? true : undefined));
  journal.close();
}

const users = (text: string) =>
  text
    .split('\n')
    .map((line) => /^. . ([a-z]+\d*) +(running|stopped|no unit)/.exec(line)?.[1])
    .filter((user) => user !== undefined)
    .join(' ');

describe('two cockpits and a command line at once', () => {
  it('agree on who is there and what ran; every operation has one outcome; nobody is left behind', async () => {
    const layout = layoutOf(sandbox.root);
    const map = readFileSync(layout.userMap, 'utf8');
    const write = (text: string) => {
      writeFileSync(`${layout.userMap}.new`, text);
      renameSync(`${layout.userMap}.new`, layout.userMap);
    };
    const [first, second] = [cockpit(), cockpit()];
    for (const each of [first, second])
      await each.until('everyone', (text) => users(text) === 'alice bob carol dave');

    for (let round = 1; round <= 6; round += 1) {
      write(`${map}guest${round}=guest${round}\n`);
      const script = sandbox.run(...(round % 2 === 0 ? ['backup', 'alice'] : ['probe', 'bob']));
      first.press('b');
      second.press(round % 2 === 0 ? 'p' : 'B');
      const { exitCode, stdout, stderr } = await script;
      // What was asked for while something ran was refused (3), or its turn was by the lock; nothing else happens.
      expect([0, 3, 4], stdout + stderr).toContain(exitCode);
      await Promise.all(
        [first, second].map((each) =>
          each.until(`guest ${round}`, (text) => users(text) === `alice bob carol dave guest${round}`),
        ),
      );
      await idle();
      write(map);
      await Promise.all(
        [first, second].map((each) =>
          each.until('the guest is gone', (text) => users(text) === 'alice bob carol dave'),
        ),
      );
    }
    const journal = openJournalReadOnly(sandbox.loaded().paths.state);
    const operations = listOperations(journal, 1000);
    journal.close();
    expect(operations.length).toBeGreaterThanOrEqual(6);
    for (const each of operations) expect(['succeeded', 'refused', 'failed']).toContain(each.outcome);
    expect(operations.filter(({ outcome }) => outcome === 'succeeded').length).toBeGreaterThanOrEqual(6);
    // Nothing ran beside anything else: each began after the one before it had ended.
    const ran = operations
      .filter(({ startedAt }) => startedAt !== undefined)
      .toSorted((a, b) => (a.startedAt ?? 0) - (b.startedAt ?? 0));
    for (const [index, each] of ran.entries()) {
      const before = ran[index - 1];
      if (before !== undefined) expect(each.startedAt).toBeGreaterThanOrEqual(before.endedAt ?? Infinity);
    }
    // Both show the same last operation, and all that was taken is verified.
    const last = `operation ${operations[0]?.id}:`;
    for (const each of [first, second]) await each.until('the last operation', (text) => text.includes(last));
    const { snapshots } = await sandbox.json<{ snapshots: { origin: string; standing: string }[] }>(
      'snapshots',
    );
    const ours = snapshots.filter(({ origin }) => origin === 'cockpit');
    expect(ours.length).toBeGreaterThan(0);
    expect(ours.every(({ standing }) => standing === 'verified')).toBe(true);
    for (const each of [first, second]) {
      each.press('q');
      await each.ended();
      expect(each.exitCode).toBe(0);
    }
  }, 900_000);
});
