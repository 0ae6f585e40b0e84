import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Terminal } from '../terminal/terminal.ts';
import { buildMachine, cockpit, cockpitCommand, json, sh, unitOf } from './machine.ts';

/**
 * The cockpit of an admin who is not root, by the real sudo and doas: one who is asked for a password, one who is not, one whom
 * nobody lets. Node and the program lie where sudo’s own PATH (secure_path) does not lead, as with nvm.
 */

const rules = '/etc/sudoers.d/t3-cockpit-test';
const password = 'correct horse';
const admins = ['asked', 'unasked', 'outsider'] as const;

beforeAll(async () => {
  await buildMachine();
  for (const name of admins) {
    await sh('useradd', '--create-home', '--shell', '/bin/bash', name);
    await execa('chpasswd', { input: `${name}:${password}\n` });
  }
  writeFileSync(rules, 'asked ALL=(ALL) ALL\nunasked ALL=(ALL) NOPASSWD: ALL\n', { mode: 0o440 });
  await sh('visudo', '--check', '--quiet');
});
afterAll(async () => {
  rmSync(rules);
  for (const name of admins) await sh('userdel', '--remove', name);
});

const as = (user: string, ...environment: string[]) => ['env', ...environment, 'runuser', '-u', user, '--'];

/** The program in a terminal of somebody. */
function terminalOf(
  user: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): Terminal {
  const [file = '', ...rest] = [...as(user), ...cockpitCommand(args)];
  return new Terminal(rest, { columns: 120, rows: 30, environment, command: [file] });
}

describe('without a password', () => {
  it('a command is root by itself, without a terminal, and the journal says who asked', async () => {
    const { operation } = await json<{ operation: { id: number; actor: object } }>(
      ['backup', 'emo'],
      as('unasked'),
    );
    expect(operation.actor).toMatchObject({ user: 'root', uid: 0, sudoUser: 'unasked', surface: 'command' });
    expect((await cockpit(['operations', String(operation.id)])).stdout).toMatch(
      /^asked for by unasked as root.*, by command/m,
    );
  });

  it('ends as the command as root does, and says nothing twice', async () => {
    const run = await cockpit(['restore', 'nobody-here', '--snapshot', 'latest', '--yes'], as('unasked'));
    expect([run.exitCode, run.stderr.trim().split('\n')]).toEqual([
      2,
      [expect.stringContaining('nobody-here')],
    ]);
    // What fails is not taken for what nobody allowed.
    const failed = await cockpit(['--set', 'paths.userMap=/nowhere', 'backup'], as('unasked'));
    expect(failed.exitCode).toBe(1);
    expect(failed.stderr).not.toContain('sudo');
  });

  it('knows through sudo that it is asked from inside an instance', async () => {
    const group = await sh('systemctl', 'show', '--property=ControlGroup', '--value', unitOf('vera'));
    const enter = `for d in /sys/fs/cgroup /sys/fs/cgroup/*; do [ -w "$d${group}/cgroup.procs" ] && echo $$ > "$d${group}/cgroup.procs"; done; exec "$@"`;
    const run = await cockpit(['--yes', 'restart', 'vera'], ['sh', '-c', enter, 'sh', ...as('unasked')]);
    expect(run.exitCode).not.toBe(0);
    expect(run.stdout + run.stderr).toMatch(/hosts (a|this) session/);
  });
});

describe('with a password', () => {
  it('it is asked for once, before the screen is taken; settings, colours and language go along', async () => {
    const terminal = terminalOf('asked', [], { NO_COLOR: '1', T3_COCKPIT_HOST_NAME: 'named-outside' });
    try {
      const prompt = await terminal.until('a prompt', (text) => text.includes('Password of asked:'));
      expect(prompt).toContain('t3-cockpit acts as root');
      expect(terminal.onAlternateScreen).toBe(false);
      terminal.press(`${password}\r`);
      const screen = await terminal.until('the fleet', (text) => /emo .*0\.0\.24/.test(text));
      expect(screen).toContain('named-outside');
      expect(screen).not.toContain('READ-ONLY');
      // The write-ahead log of a closed home: this is root.
      await terminal.until('what only root sees', (text) => /database .*write-ahead/.test(text));
      const colours = terminal.cells().flatMap((row) => row.map(({ colour }) => colour));
      expect(colours.filter((colour) => colour !== undefined)).toEqual([]);
      terminal.press('q');
      expect(await terminal.ended()).toBe(0);
      expect(terminal.raw.split('Password of').length).toBe(2);
    } finally {
      terminal.dispose();
    }
  });

  it('and a wrong one it only looks: units, what answers, running versions; it says why', async () => {
    const terminal = terminalOf('asked', []);
    try {
      for (let attempt = 1; attempt <= 3; attempt += 1) {
        await terminal.until('a prompt', () => terminal.raw.split('Password of').length > attempt);
        terminal.press('wrong\r');
      }
      const screen = await terminal.until(
        'the fleet, looked at',
        (text) => /emo +running .*0\.0\.24/.test(text) && text.includes('no permission'),
      );
      expect(screen).toContain('READ-ONLY');
      expect(screen).toContain('read-only: sudo did not allow it');
      expect(screen).toMatch(/journal: .*no permission/);
      terminal.press('q');
      expect(await terminal.ended()).toBe(0);
    } finally {
      terminal.dispose();
    }
  });

  it('is not asked for where nobody could type one, nor by --read-only', async () => {
    const run = await cockpit(['backup'], as('asked'));
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toContain('no terminal to ask on');
    const terminal = terminalOf('asked', ['--read-only']);
    try {
      await terminal.until('the fleet', (text) => /emo .*0\.0\.24/.test(text));
      terminal.press('q');
      await terminal.ended();
      expect(terminal.raw).not.toContain('Password');
    } finally {
      terminal.dispose();
    }
  });
});

describe('whom nobody lets', () => {
  it.each([
    ['sudo refuses them', []],
    ['there is no sudo', ['PATH=/nowhere']],
  ])('is refused what changes the host: %s', async (_why, environment) => {
    const [file = '', ...rest] = cockpitCommand(['backup']);
    const run = await execa(
      'runuser',
      ['-u', 'outsider', '--', '/usr/bin/env', ...environment, file, ...rest],
      {
        reject: false,
        stdin: 'ignore',
      },
    );
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toMatch(/takes root, and (sudo did not allow it|there is no sudo on this machine)/);
  });
});

// Debian's opendoas; .ci/run installs it.
const noDoas = existsSync('/usr/bin/doas') ? false : 'there is no doas on this machine';
describe.skipIf(noDoas !== false)(`by doas${noDoas === false ? '' : ` (skipped: ${noDoas})`}`, () => {
  const doas = ['--set', 'privilege=doas'];
  const settings = '/etc/doas.conf';
  beforeAll(() => writeFileSync(settings, 'permit nopass unasked as root\npermit asked as root\n'));
  afterAll(() => rmSync(settings));

  it('a command is root by itself, and the journal says who asked; nobody else is let, and doctor says whom', async () => {
    const { operation } = await json<{ operation: { id: number } }>(
      [...doas, 'backup', 'emo'],
      as('unasked'),
    );
    expect((await cockpit(['operations', String(operation.id)])).stdout).toMatch(
      /^asked for by unasked as root.*, by command/m,
    );
    const refused = await cockpit([...doas, 'backup', 'emo'], as('outsider'));
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toMatch(/takes root, and doas did not allow it .*as root: doas /);
    const rights = async (who: readonly string[]) =>
      (await cockpit([...doas, 'doctor'], who)).stdout.split('\n').find((line) => /\bdoas\b/.test(line));
    expect(await rights(as('unasked'))).toMatch(/doas.*without a password/);
    expect(await rights(as('asked'))).toMatch(/doas.*asks for a password/);
    expect(await rights(as('outsider'))).toMatch(/doas.*does not let uid \d+: doas: Operation not permitted/);
  });

  it('asks for the password before the screen is taken', async () => {
    const terminal = terminalOf('asked', [...doas]);
    try {
      await terminal.until('a prompt', (text) => /doas \(asked@.*password/.test(text));
      expect(terminal.onAlternateScreen).toBe(false);
      terminal.press(`${password}\r`);
      await terminal.until('what only root sees', (text) => /database .*write-ahead/.test(text));
      terminal.press('q');
      expect(await terminal.ended()).toBe(0);
    } finally {
      terminal.dispose();
    }
  });
});

describe('the sudoers line that setup suggests', () => {
  it('is one, and lets its admin do everything without a password, and nothing else', async () => {
    const { stdout } = await cockpit(['setup', '--print', 'sudoers'], as('outsider'));
    writeFileSync(`${rules}-line`, `${stdout}\n`, { mode: 0o440 });
    try {
      await sh('visudo', '--check', '--quiet');
      expect((await cockpit(['backup', 'emo'], as('outsider'))).exitCode).toBe(0);
      const other = await execa('runuser', ['-u', 'outsider', '--', 'sudo', '--non-interactive', 'id'], {
        reject: false,
      });
      expect(other.exitCode).toBe(1);
    } finally {
      rmSync(`${rules}-line`);
    }
  });
});
