import { readFileSync, readdirSync, statSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TestSandbox, until } from '../sandbox/sandbox.ts';
import { Terminal, doorPath, type TerminalOptions } from './terminal.ts';

/** The built cockpit in a real terminal: keys in, screen out. */

let sandbox: TestSandbox;
const open: Terminal[] = [];
const cockpit = (options?: TerminalOptions, ...flags: string[]) => {
  const terminal = new Terminal(['--config', sandbox.config, ...flags], options);
  open.push(terminal);
  return terminal;
};
/** Everything is known of everyone. */
const complete = (text: string) =>
  (text.match(/^. . (alice|bob|carol) (?!.* … )(?!.*…\s*$).*$/gm) ?? []).length === 3 &&
  / bob .*1 turn/.test(text);

/** Press `b`, and hold the backup that it starts in the middle of alice's copy. @returns lets it go on */
async function heldBackup(terminal: Terminal): Promise<() => void> {
  const before = sandbox.newestOperation();
  terminal.press('b');
  const id = await until('the operation', () => {
    const now = sandbox.newestOperation();
    return now > before ? now : undefined;
  });
  return sandbox.holdCopy('alice', id);
}

beforeAll(async () => {
  sandbox = await TestSandbox.create({ users: 3, large: 40 * 1024 * 1024 });
});
afterEach(() => {
  for (const terminal of open.splice(0)) terminal.dispose();
});
afterAll(() => sandbox.destroy());

describe('the cockpit', () => {
  it('shows everyone, and leaves the terminal as it was', async () => {
    const terminal = cockpit({
      command: ['sh', '-c', `echo before; "$0" "$@"; echo after`, process.execPath, doorPath],
    });
    await terminal.until('the fleet', complete);
    expect(terminal.onAlternateScreen).toBe(true);
    const [header = '', titles = ''] = terminal.screen();
    expect(header).toMatch(
      /^ t3-cockpit sandbox {2}installed 0\.0\.24 · pinned 0\.0\.24 · 3 users .*\d\d:\d\d/,
    );
    expect(titles).toMatch(/USER +STATE +BACKUP +PROBE +ACTIVITY +MARKS/);
    terminal.press('q');
    await terminal.until('the end', (text) => text.includes('after'));
    expect(terminal.onAlternateScreen).toBe(false);
    expect(terminal.screen().filter((line) => line !== '')).toEqual(['before', 'after']);
    // The cursor is shown again, and bracketed paste is off.
    expect(terminal.raw.lastIndexOf('\u001b[?25h')).toBeGreaterThan(terminal.raw.lastIndexOf('\u001b[?25l'));
    expect(terminal.raw.lastIndexOf('\u001b[?2004l')).toBeGreaterThan(
      terminal.raw.lastIndexOf('\u001b[?2004h'),
    );
  });

  it('backs everyone up on b: steps and progress stream, ages turn fresh, the result stays', async () => {
    const terminal = cockpit();
    await terminal.until('the fleet', complete);
    expect(terminal.text()).toMatch(/carol .*none/);
    const goOn = await heldBackup(terminal);
    await terminal.until('the running operation', (text) => /operation \d+: backup: running/.test(text));
    await terminal.until('bytes of alice’s copy', (text) =>
      /alice +█*░* +\d+% {2}copy [\d.]+ k?M?B of [\d.]+ MB/.test(text),
    );
    goOn();
    await terminal.until('the end of it', (text) => /operation \d+: backup: succeeded/.test(text));
    await terminal.until('fresh ages', (text) => (text.match(/\d+s verified/g) ?? []).length === 3);
    expect(terminal.text()).toMatch(/✓ alice +succeeded in/);
    expect(terminal.text()).toContain('snapshot of the state database: started');
  });

  it('looks into what has ended: tree, output, search, a report that is written and printed', async () => {
    const terminal = cockpit({ columns: 120, rows: 30 });
    await terminal.until('the fleet', complete);
    // By its name, of the user that it names: bob is not the selected one.
    terminal.press(':');
    for (const letter of 'back up bob') terminal.press(letter);
    await terminal.until(
      'the command',
      (text) => /^ :back up bob█/m.test(text) && / back up bob /.test(text),
    );
    terminal.press('\r');
    await terminal.until('what has ended is said', (text) =>
      /operation \d+ \(backup\) has ended: succeeded {2}O opens it/.test(text),
    );
    terminal.press('O');
    await terminal.until('its tree', (text) => /└─ ✓ bob: snapshot of the state database /.test(text));
    terminal.press('\t');
    await terminal.until('its output', (text) =>
      /bob {2}snapshot of the state database: succeeded/.test(text),
    );
    terminal.press('/');
    for (const letter of 'started') terminal.press(letter);
    await terminal.until('what is looked for', (text) => /^ \/started█/m.test(text));
    terminal.press('\r');
    await terminal.until(
      'where it is, and the keys again',
      (text) => /^›\d\d:\d\d:\d\d .*started/m.test(text) && / W save /.test(text),
    );
    terminal.press('W');
    const said = await terminal.until('where it was written', (text) => text.includes('written to '));
    const file = /written to (\S+)/.exec(said)?.[1] ?? '';
    const id = sandbox.newestOperation();
    const { stdout } = await sandbox.run('operations', String(id), '--report');
    expect(stdout).toMatch(new RegExp(`^Operation ${id}: backup\\n {2}outcome {4}succeeded\\n`));
    expect(readFileSync(file, 'utf8').trimEnd()).toBe(stdout.trimEnd());
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await sandbox.run('operations', '--report')).exitCode).toBe(2);
    // Out of the search, out of the operation; then what bob's server writes.
    terminal.press('\u001b');
    await terminal.until('the whole output', (text) => !text.includes('with "started"'));
    terminal.press('\u001b');
    await terminal.until('the fleet', (text) => /^› ● bob/m.test(text));
    terminal.press('l');
    await terminal.until(
      'its log',
      (text) => /\[log\]/.test(text) && /^ .*T3 Code server is ready/m.test(text),
    );
    expect((await sandbox.run('--json', 'operations', String(id), '--report')).exitCode).toBe(2);
  });

  it('backs up the selected user on B, and only that one', async () => {
    const before = readdirSync(sandbox.snapshots('bob')).length;
    const terminal = cockpit();
    await terminal.until('the fleet', complete);
    terminal.press('j');
    await terminal.until('bob selected', (text) => /^› ● bob/m.test(text));
    terminal.press('B');
    await terminal.until('the end of it', (text) => /operation \d+: backup: succeeded/.test(text));
    expect(terminal.text()).not.toMatch(/✓ alice/);
    expect(readdirSync(sandbox.snapshots('bob'))).toHaveLength(before + 2);
  });

  it('shows the operation that another cockpit started, and leaves it running when it is left', async () => {
    const [first, second] = [cockpit(), cockpit()];
    await Promise.all([first, second].map((terminal) => terminal.until('the fleet', complete)));
    const goOn = await heldBackup(first);
    await Promise.all(
      [first, second].map((terminal) =>
        terminal.until('the operation', (text) => /operation \d+: backup: running/.test(text)),
      ),
    );
    first.press('q');
    expect(await first.ended()).toBe(0);
    goOn();
    expect(first.raw).toMatch(/operation \d+ goes on; follow it with: t3-cockpit operations \d+ --follow/);
    await second.until('its end, in the other', (text) => /operation \d+: backup: succeeded/.test(text));
    expect(second.text()).toMatch(/✓ alice +succeeded/);
  });

  it('is not needed by the operation: killed, the backup goes on', async () => {
    const terminal = cockpit();
    await terminal.until('the fleet', complete);
    const goOn = await heldBackup(terminal);
    await terminal.until('the operation', (text) => /operation \d+: backup: running/.test(text));
    terminal.signal('SIGKILL');
    await terminal.ended();
    goOn();
    const { operations } = await sandbox.json<{ operations: { id: number }[] }>('operations');
    const followed = await sandbox.run('operations', String(operations[0]?.id), '--follow');
    expect(followed.exitCode).toBe(0);
  });

  it('asks a running backup to stop on x, and says what that means', async () => {
    const terminal = cockpit();
    await terminal.until('the fleet', complete);
    await heldBackup(terminal);
    await terminal.until('the operation', (text) => /operation \d+: backup: running/.test(text));
    terminal.press('x');
    await terminal.until('an answer', (text) =>
      text.includes('was asked to stop: the copy being written is discarded'),
    );
    await terminal.until('the end', (text) =>
      /operation \d+: backup: interrupted: stopped on request; \d of 3/.test(text),
    );
    expect(terminal.text()).toMatch(/✗ alice +interrupted: stopped/);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'])('gives the terminal back after %s', async (signal) => {
    const terminal = cockpit();
    await terminal.until('the fleet', complete);
    terminal.signal(signal);
    await terminal.ended();
    expect(terminal.onAlternateScreen).toBe(false);
    expect(terminal.raw.lastIndexOf('\u001b[?25h')).toBeGreaterThan(terminal.raw.lastIndexOf('\u001b[?25l'));
  });
});

describe('keys', () => {
  it('move, many at once, and stop at the ends', async () => {
    const terminal = cockpit();
    await terminal.until('the fleet', complete);
    terminal.press('jjjjjjjj');
    await terminal.until('the last row', (text) => /^› ○ carol/m.test(text));
    terminal.press('\u001b[A');
    await terminal.until('one up', (text) => /^› ● bob/m.test(text));
    terminal.press('g');
    await terminal.until('the first row', (text) => /^› ● alice/m.test(text));
    terminal.press('G');
    await terminal.until('the last row', (text) => /^› ○ carol/m.test(text));
  });

  it('start nothing when they come in one piece, or are pasted', async () => {
    const { operations: before } = await sandbox.json<{ operations: unknown[] }>('operations');
    const terminal = cockpit();
    await terminal.until('the fleet', complete);
    terminal.press('bb');
    terminal.press('\u001b[200~b\nB\nb\u001b[201~');
    terminal.press('j');
    await terminal.until('the key that came after', (text) => /^› ● bob/m.test(text));
    expect((await sandbox.json<{ operations: unknown[] }>('operations')).operations).toEqual(before);
  });

  it('say why they cannot work', async () => {
    const terminal = cockpit();
    await terminal.until('the fleet', complete);
    terminal.press('x');
    await terminal.until('the reason', (text) =>
      text.includes('x (stop) cannot work now: no operation is running'),
    );
    const readOnly = cockpit({}, '--read-only');
    await readOnly.until('the mark', (text) => text.includes('READ-ONLY') && complete(text));
    readOnly.press('b');
    await readOnly.until('the reason', (text) =>
      text.includes('b (back up all) cannot work now: read-only mode'),
    );
  });

  it('are all explained by ?', async () => {
    const terminal = cockpit({ columns: 120, rows: 40 });
    await terminal.until('the fleet', complete);
    terminal.press('?');
    const help = await terminal.until('the help', (text) => text.includes('Back up everyone'));
    expect(help).toMatch(/x .*\n +not now: no operation is running/);
    terminal.press('?');
    await terminal.until('the fleet again', (text) => !text.includes('Back up everyone') && complete(text));
    terminal.press('?');
    await terminal.until('the help', (text) => text.includes('Back up everyone'));
    terminal.press('\u001b');
    await terminal.until('the fleet again', (text) => !text.includes('Back up everyone'));
  });
});

describe('the screen', () => {
  it.each([
    [80, 24],
    [120, 40],
    [200, 60],
    [60, 15],
  ])('at %ix%i fits, and wraps nothing', async (columns, rows) => {
    const terminal = cockpit({ columns, rows });
    await terminal.until('the fleet', (text) => / carol .*stopped/.test(text) && /installed 0/.test(text));
    const screen = terminal.screen();
    expect(screen.every((line) => line.length <= columns)).toBe(true);
    expect(screen.filter((line) => /(alice|bob|carol) +(running|stopped)/.test(line))).toHaveLength(3);
    expect(screen[rows - 2]).toContain('b back up all');
    expect(screen[0]).toContain('t3-cockpit');
  });

  it('says when it is too small, and comes back', async () => {
    const terminal = cockpit({ columns: 50, rows: 10 });
    await terminal.until('the words', (text) => text.includes('t3-cockpit needs 60x15; this'));
    terminal.resize(100, 30);
    await terminal.until('the fleet', complete);
    terminal.resize(70, 20);
    await terminal.until('fewer columns', (text) => complete(text) && !text.includes('SCHEMA'));
    expect(terminal.screen().filter((line) => line.includes('t3-cockpit'))).toHaveLength(1);
  });

  it('has no colour with NO_COLOR, and none is needed', async () => {
    const terminal = cockpit({ environment: { NO_COLOR: '1' } });
    await terminal.until('the fleet', complete);
    // Weight and inverse may stay: 30 to 37 and their kin are colours (ECMA-48, SGR).
    // oxlint-disable-next-line no-control-regex
    expect(terminal.raw).not.toMatch(/\u001b\[(?:\d+;)*(?:3[0-7]|4[0-7]|9[0-7]|10[0-7]|38;|48;)[\d;]*m/);
    expect(terminal.text()).toMatch(/carol +stopped/);
  });
});

describe('a command that follows an operation', () => {
  it('asks it to stop on the first Ctrl-C, and leaves it alone on the second', async () => {
    const terminal = new Terminal(['--config', sandbox.config, 'backup'], { columns: 120, rows: 30 });
    open.push(terminal);
    await terminal.until('the copy', (text) =>
      text.includes('alice  snapshot of the state database: started'),
    );
    terminal.press('\u0003');
    await terminal.until('what that means', (text) => /was asked to stop|has ended/.test(text));
    const code = await terminal.ended();
    // It may have been done before it was asked.
    expect([0, 130, 4]).toContain(code);
    expect(terminal.text()).toMatch(/operation \d+: (interrupted: stopped on request|succeeded|failed)/);
  });
});
