import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemProcesses } from '../../src/host/processes.ts';
import { layoutOf } from '../../src/sandbox/layout.ts';
import { installGlobally } from '../../src/sandbox/versions.ts';
import { TestSandbox, until } from '../sandbox/sandbox.ts';
import { Terminal, type TerminalOptions } from './terminal.ts';

/** Finding one's way in the built cockpit by keys: filter, order, detail, report, and what was cut off. */

let sandbox: TestSandbox;
const open: Terminal[] = [];
const cockpit = (options?: TerminalOptions, ...flags: string[]) => {
  const terminal = new Terminal(['--config', sandbox.config, ...flags], options);
  open.push(terminal);
  return terminal;
};
beforeAll(async () => {
  sandbox = await TestSandbox.create({ users: 5, large: 40 * 1024 * 1024 });
});
afterEach(() => {
  for (const terminal of open.splice(0)) terminal.dispose();
});
afterAll(() => sandbox.destroy());

const rows = (text: string) =>
  text
    .split('\n')
    .map((line) => /^. . ([a-z]+) +(running|stopped)/.exec(line)?.[1])
    .filter((user) => user !== undefined);

describe('the filter', () => {
  it('narrows as it is typed, starts nothing, and is taken back', async () => {
    const before = sandbox.newestOperation();
    const terminal = cockpit();
    await terminal.until('everyone', (text) => rows(text).length === 5);
    terminal.press('/');
    await terminal.until('the prompt', (text) => /^ \/█/m.test(text));
    // As fast as a paste, and every letter is a key elsewhere.
    terminal.press('Bob');
    await terminal.until('bob alone', (text) => rows(text).join() === 'bob' && text.includes('1 of 5 users'));
    terminal.press('\r');
    await terminal.until('the filter is kept', (text) => /^ \/Bob {2}escape shows everyone/m.test(text));
    terminal.press('\u001b');
    await terminal.until(
      'everyone again',
      (text) => rows(text).length === 5 && !text.includes(' of 5 users'),
    );
    expect(sandbox.newestOperation()).toBe(before);
  });

  it('takes a paste as text', async () => {
    const terminal = cockpit();
    await terminal.until('everyone', (text) => rows(text).length === 5);
    terminal.press('/');
    await terminal.until('the prompt', (text) => /^ \/█/m.test(text));
    terminal.press('\u001b[200~!running\u001b[201~');
    await terminal.until('carol alone', (text) => rows(text).join() === 'carol');
  });
});

describe('the order', () => {
  it('is changed by S, and said', async () => {
    const terminal = cockpit({ columns: 120, rows: 40 });
    await terminal.until('everyone', (text) => rows(text).length === 5 && !/ … /.test(text));
    terminal.press('S');
    await terminal.until('by name', (text) => text.includes(' by name'));
    terminal.press('S');
    await terminal.until(
      'by attention',
      (text) => text.includes(' by attention') && rows(text)[0] !== 'alice',
    );
  });
});

describe('the detail', () => {
  it.each([
    [80, 24],
    [120, 40],
  ])('shows everything about a user on %i columns and %i rows, and scrolls', async (columns, lines) => {
    const terminal = cockpit({ columns, rows: lines });
    await terminal.until('everyone', (text) => rows(text).length === 5);
    terminal.press('\r');
    await terminal.until(
      'alice',
      (text) => !text.includes(' USER ') && /unit +t3-serve@alice\.service/.test(text),
    );
    terminal.press('G');
    await terminal.until('the end', (text) => text.includes('what has changed'));
    terminal.press('g');
    await terminal.until('the beginning', (text) =>
      /authentik +alice, alice\.liddell@example\.org/.test(text),
    );
    terminal.press('\r');
    await terminal.until('everyone', (text) => rows(text).length === 5);
  });
});

describe('a probe that finds something broken', () => {
  it('is shown because it has ended, not because it was time to look', async () => {
    const layout = layoutOf(sandbox.root);
    installGlobally(layout, '0.0.27');
    try {
      const hours = ['state', 'snapshots', 'liveness'].flatMap((fact) => ['--set', `cadence.${fact}=1h`]);
      const terminal = cockpit({ columns: 120, rows: 40 }, ...hours);
      await terminal.until('everyone', (text) => rows(text).length === 5 && / alice .*never/.test(text));
      terminal.press('p');
      // The dispatch would mint with another version than runs: that is not known to be well.
      await terminal.until('alice is unknown', (text) => / alice .* unknown \d+s /.test(text));
    } finally {
      installGlobally(layout, '0.0.24');
    }
  });
});

describe('probe and verify', () => {
  it('show their verdict in the column, and the report', async () => {
    const terminal = cockpit({ columns: 120, rows: 40 });
    await terminal.until('everyone', (text) => rows(text).length === 5 && / bob .*never/.test(text));
    terminal.press('p');
    await terminal.until('alice is ok', (text) => / alice .* ok \d+ms /.test(text));
    expect(terminal.text()).toMatch(/ bob .*never/);
    terminal.press('v');
    await terminal.until('the report', (text) => /verify: \d+ of \d+ as expected/.test(text));
    await terminal.until(
      'the report when all were probed',
      (text) => !text.includes('under way') && !/inconclusive +\w+ +pairing/.test(text),
    );
    expect(terminal.text()).toMatch(
      /wrong +alice +backup +no verified snapshot {2}\(expected: verified, and not late\)/,
    );
    expect(terminal.text()).toContain('t3-cockpit backup alice');
    terminal.press('\u001b');
    await terminal.until('everyone is ok', (text) => (text.match(/ ok \d+ms /g) ?? []).length >= 4);
  });
});

describe('an operation whose runner was killed', () => {
  it('is the first thing that the cockpit and the command line say, and c clears up after it', async () => {
    const started = await sandbox.json<{ operation: { id: number } }>('backup', '--detach');
    const id = started.operation.id;
    const release = await sandbox.holdCopy('alice', id);
    const runner = await sandbox.runner(id);
    process.kill(-runner, 'SIGKILL');
    release();
    await until('the runner is gone', async () =>
      (await systemProcesses.inGroup(runner)).length === 0 ? true : undefined,
    );
    const said = `operation ${id} (backup) was interrupted: its runner died.`;
    for (const command of [['status'], ['snapshots'], ['doctor']]) {
      const { stderr } = await sandbox.run(...command);
      expect(stderr.split('\n')[0]).toContain(said);
    }
    const status = await sandbox.json<{ interrupted: object[] }>('status');
    expect(status.interrupted).toEqual([{ id, kind: 'backup' }]);

    const terminal = cockpit();
    await terminal.until('it is said', (text) => text.split('\n')[1]?.includes(said) === true);
    expect(terminal.screen().slice(1, 5).join(' ').replaceAll(/ +/g, ' ')).toMatch(
      /cut off in the middle: alice.*; last heard of: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d.* c clears up; so does the next operation/,
    );
    await terminal.until('everyone', (text) => rows(text).length === 5);
    terminal.press('c');
    await terminal.until(
      'it is cleared up',
      (text) => !text.includes(said) && /operation \d+: recover: succeeded/.test(text),
    );
    expect(sandbox.filesOf('alice').filter((name) => name.endsWith('.partial'))).toEqual([]);
    expect((await sandbox.run('status')).stderr).toBe('');
    const again = await sandbox.run('operations', '--recover');
    expect([again.exitCode, again.stdout]).toEqual([0, 'nothing was cut off: nothing to clear up']);
    expect(await sandbox.json('operations', '--recover')).toMatchObject({ operation: null });
    const named = await sandbox.run('operations', String(id), '--recover');
    expect([named.exitCode, named.stderr]).toEqual([2, expect.stringContaining('was not cut off')]);
  });
});
