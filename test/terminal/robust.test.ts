import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doorPath, Terminal } from './terminal.ts';
import { TestSandbox, until } from '../sandbox/sandbox.ts';

/** The terminal does what terminals do: it is resized, stopped, left and come back to. The operation never minds. */

let sandbox: TestSandbox;
const opened: Terminal[] = [];

beforeAll(async () => {
  sandbox = await TestSandbox.create({ users: 3, large: 200 * 1024 * 1024 });
});
afterAll(async () => {
  for (const terminal of opened) terminal.dispose();
  await sandbox.destroy();
});

function open(options: ConstructorParameters<typeof Terminal>[1] = {}): Terminal {
  const terminal = new Terminal(['--config', sandbox.config, '--set', 'probes.automatic=false'], options);
  opened.push(terminal);
  return terminal;
}

const complete = (text: string) => /carol +stopped/.test(text) && !/ … /.test(text);
const stateOf = (pid: number) => /^\d+ \(.*\) (\S)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];

describe('the cockpit', () => {
  it('after a storm of sizes shows what a fresh one shows, and says in the title how the fleet stands', async () => {
    const terminal = open({ columns: 100, rows: 30 });
    await terminal.until('the fleet', complete);
    for (let round = 0; round < 60; round += 1)
      terminal.resize(60 + ((round * 37) % 160), 15 + ((round * 13) % 50));
    terminal.resize(120, 40);
    await terminal.until('all of the last size', (each) => {
      const lines = each.split('\n');
      return complete(each) && /b back up all/.test(lines[38] ?? '') && lines[39] === '';
    });
    const fresh = open({ columns: 120, rows: 40 });
    await fresh.until('the fleet', complete);
    const still = (each: string) =>
      each.replaceAll(/\d+(\.\d+)? ?(ms|s|m|h|kB|MB)\b/g, '#').replaceAll(/[ ]+/g, ' ');
    await terminal.until('what a fresh one shows', (text) => still(text) === still(fresh.text()));
    expect(terminal.raw).toContain('\u001b[22;2t\u001b]2;t3-cockpit ');
    // oxlint-disable-next-line no-control-regex -- the title is set by one
    expect(terminal.raw).toMatch(/\u001b\]2;t3-cockpit \S+: \d need you\u001b\\/);
    for (const each of [terminal, fresh]) each.press('q');
    expect(await terminal.ended()).toBe(0);
    expect(terminal.raw.lastIndexOf('\u001b[23;2t')).toBeGreaterThan(terminal.raw.lastIndexOf('\u001b]2;'));
  });

  it('is stopped by ctrl-z, gives the terminal back meanwhile, and is there again after fg', async () => {
    const terminal = new Terminal([], {
      command: ['bash', '--norc', '-i'],
      environment: { PS1: 'shell> ' },
      columns: 100,
      rows: 30,
    });
    opened.push(terminal);
    await terminal.until('the shell', (text) => text.includes('bash') || text.includes('shell>'));
    terminal.press(`'${process.execPath}' '${doorPath}' --config '${sandbox.config}'\r`);
    await terminal.until('the fleet', complete);
    terminal.press('\u001a');
    await terminal.until('the shell again', (text) => /Stopped/.test(text) && !terminal.onAlternateScreen);
    terminal.press('echo a$((1+1))b\r');
    await terminal.until('what was typed into the shell', (text) => /^a2b/m.test(text));
    terminal.press('fg\r');
    await terminal.until('the fleet again', (text) => complete(text) && terminal.onAlternateScreen);
    terminal.press('j');
    await terminal.until('its keys', (text) => /^› ● bob/m.test(text));
    terminal.press('q');
    await terminal.until('the shell', () => !terminal.onAlternateScreen);
  });

  it('stays where no shell waits behind it', async () => {
    const terminal = open();
    await terminal.until('the fleet', complete);
    terminal.press('\u001a');
    await terminal.until('why', (text) => text.includes('no shell waits behind this cockpit'));
    terminal.press('q');
    expect(await terminal.ended()).toBe(0);
  });

  it('whose terminal takes nothing any more stops no operation, and goes on when it does', async () => {
    const terminal = open({ columns: 160, rows: 50 });
    await terminal.until('the fleet', complete);
    const before = sandbox.newestOperation();
    terminal.hold(true);
    terminal.press('b');
    await until('the backup has begun', () => (sandbox.newestOperation() > before ? true : undefined));
    // Nothing is read from it: what it draws fills the line up.
    for (let press = 0; press < 400; press += 1) terminal.press(press % 2 === 0 ? 'j' : 'k');
    const operation = await until('the backup is over', async () => {
      const { operations } = (await sandbox.json('operations')) as {
        operations: { kind: string; outcome: string | null }[];
      };
      const [newest] = operations;
      return newest?.kind === 'backup' && newest.outcome !== null ? newest : undefined;
    });
    expect(operation.outcome).toBe('succeeded');
    terminal.hold(false);
    await terminal.until('the end of it', (text) => /operation \d+: backup: succeeded/.test(text));
    terminal.press('q');
    expect(await terminal.ended()).toBe(0);
  });

  it('in tmux is whole again after it was detached, and attached at another size', async () => {
    const socket = `t3-cockpit-test-${process.pid}`;
    const tmux = (...args: string[]) =>
      execFileSync('tmux', ['-L', socket, '-f', '/dev/null', ...args], { encoding: 'utf8' });
    const command = `'${process.execPath}' '${doorPath}' --config '${sandbox.config}'`;
    tmux('new-session', '-d', '-x', '120', '-y', '40', '-s', 'one', command);
    try {
      const screen = () => tmux('capture-pane', '-p', '-t', 'one');
      const seen = (what: string, holds: (text: string) => boolean) =>
        until(what, () => (holds(screen()) ? screen() : undefined));
      await seen('the fleet', complete);
      // Attached by two terminals in turn, each of its own size.
      for (const [columns, rows] of [
        [80, 24],
        [200, 60],
      ] as const) {
        const client = new Terminal(['-L', socket, 'attach', '-t', 'one'], {
          command: ['tmux'],
          columns,
          rows,
        });
        opened.push(client);
        await client.until('the fleet', (text) => complete(text) && /^ *b back up all/m.test(text));
        const lines = client.screen();
        expect(lines.every((line) => line.length <= columns)).toBe(true);
        expect(lines[0]).toContain('t3-cockpit');
        client.press('\u0002d');
        await client.ended();
      }
      // With nobody attached, as when a script, or a pane beside it, makes it small and large.
      for (const [columns, rows] of [
        [60, 15],
        [59, 15],
        [90, 20],
      ] as const) {
        tmux('resize-window', '-t', 'one', '-x', String(columns), '-y', String(rows));
        const text = await seen(`${columns}x${rows}`, (each) =>
          columns < 60
            ? each.includes(`needs 60x15; this terminal is ${columns}x${rows}`)
            : complete(each) && new RegExp(`^(.*\\n){${rows - 2}} b back up all`).test(each),
        );
        expect(text.split('\n').every((line) => line.length <= columns)).toBe(true);
      }
      tmux('send-keys', '-t', 'one', 'q');
    } finally {
      try {
        tmux('kill-server');
      } catch {
        // It has ended with its last session.
      }
    }
  });

  it('whose terminal is gone is gone as well', async () => {
    const terminal = open();
    await terminal.until('the fleet', complete);
    const { pid } = terminal;
    expect(stateOf(pid)).toMatch(/[RS]/);
    terminal.close();
    await until('it has ended', () => {
      try {
        const state = stateOf(pid);
        return state === 'Z' || state === undefined ? true : undefined;
      } catch {
        return true;
      }
    });
  });
});

/** What a terminal says of itself, and of nothing more; what stands for colours in the helper is taken away. */
const saying = (environment: Record<string, string>) => ({
  environment: { FORCE_COLOR: undefined, COLORTERM: undefined, LC_ALL: undefined, ...environment },
});

describe('on a terminal that can little', () => {
  it('the cockpit makes do: sixteen colours, ASCII, no size, a voice', async () => {
    const sixteen = open(saying({ TERM: 'xterm' }));
    const latin = open(saying({ TERM: 'linux', LC_ALL: 'de_DE.ISO-8859-1' }));
    const voice = open(saying({ INK_SCREEN_READER: 'true' }));
    // A serial line knows no size; 80x24 is what everybody takes it for.
    const sizeless = open({
      command: ['sh', '-c', 'stty rows 0 cols 0; exec "$0" "$@"', process.execPath, doorPath],
    });

    await sixteen.until('the fleet', complete);
    const colours = new Set(
      sixteen.cells().flatMap((row) => row.flatMap(({ colour, background }) => [colour, background])),
    );
    expect(colours.size).toBeGreaterThan(2);
    for (const each of colours) expect([undefined, 0, 1, 2, 3, 4, 5, 6, 7]).toContain(each);

    await latin.until('the fleet', (text) => /^> \* alice/m.test(text) && /carol +stopped/.test(text));
    const table = new Terminal(['--config', sandbox.config, 'status'], saying({ LC_ALL: 'POSIX' }));
    opened.push(table);
    expect(await table.ended()).toBe(0);
    expect(table.text()).toMatch(/ installed 0\.0\.24 \. pinned /);
    // oxlint-disable-next-line no-control-regex -- what is written, its controls included
    for (const { raw } of [latin, table]) expect(raw).toMatch(/^[\u0000-\u007e]*$/);

    await voice.until(
      'the fleet, in words',
      (text) => /^\(selected\) alice, \w/m.test(text) && /^carol, \w/m.test(text),
    );
    voice.press('j');
    await voice.until('what is selected', (text) => /^\(selected\) bob, /m.test(text));

    await sizeless.until('the fleet', (text) => complete(text) && / b back up all/.test(text));
    for (const each of [sixteen, latin, voice, sizeless]) {
      each.press('q');
      expect(await each.ended()).toBe(0);
    }
  });

  it('or on none, it says what to do, and asks for nothing', async () => {
    const door = [process.execPath, doorPath] as const;
    for (const [command, words] of [
      [['env', 'TERM=dumb', ...door], 'TERM=dumb says that this one cannot'],
      [['env', '--unset=TERM', ...door], 'TERM is not set'],
    ] as const) {
      const terminal = open({ columns: 120, command });
      expect(await terminal.ended()).toBe(2);
      expect(terminal.raw.replaceAll('\r\n', '')).toContain(words);
      // oxlint-disable-next-line no-control-regex -- nothing is drawn
      expect(terminal.raw).not.toMatch(/\u001b/);
    }
    const { exitCode, stderr } = await sandbox.run();
    expect(exitCode).toBe(2);
    expect(stderr).toBe('t3-cockpit: the cockpit needs a terminal; without one, try: t3-cockpit status');
  });
});
