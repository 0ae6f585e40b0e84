import { describe, expect, it } from 'vitest';
import type { CommandResult, Commands } from '../../../src/host/commands.ts';
import type { ProcessFacts, Processes } from '../../../src/host/processes.ts';
import { sessionProcesses } from '../../../src/host/terminals.ts';

/** On which processes a session hangs, told from a machine of made-up processes. */

interface Made {
  parent: number;
  name: string;
  /** Undefined: not ours to read. */
  environment?: Record<string, string> | undefined;
}

const own = process.pid;

function machine(made: Record<number, Made>): Processes {
  const facts = (pid: number): ProcessFacts | undefined => {
    const found = made[pid];
    return found === undefined
      ? undefined
      : { pid, parent: found.parent, name: found.name, startTime: pid, group: pid, state: 'S' };
  };
  return {
    facts: (pid) => Promise.resolve(facts(pid)),
    lineage(pid) {
      const line: ProcessFacts[] = [];
      for (let at = facts(pid); at !== undefined; at = facts(at.parent)) line.push(at);
      return Promise.resolve(line);
    },
    environment: (pid) => Promise.resolve(made[pid]?.environment),
    named: (name) =>
      Promise.resolve(
        Object.entries(made)
          .filter(([, each]) => each.name === name)
          .map(([pid]) => Number(pid)),
      ),
    variable: (pid, name) => Promise.resolve(made[pid]?.environment?.[name]),
    controlGroup: () => Promise.resolve('/'),
    inControlGroup: () => Promise.resolve([]),
    inGroup: () => Promise.resolve([]),
    commandLine: () => Promise.resolve(undefined),
  };
}

/** A tmux that answers as it is told, by what it is asked. */
function tmux(answer: (argv: readonly string[]) => number[] | string): Commands & { asked: string[][] } {
  const asked: string[][] = [];
  return {
    asked,
    run(argv: readonly string[]) {
      asked.push([...argv]);
      const said = answer(argv);
      return Promise.resolve({
        exitCode: typeof said === 'string' ? 1 : 0,
        stdout: typeof said === 'string' ? '' : said.map((pid) => `${pid}\n`).join(''),
        stderr: typeof said === 'string' ? said : '',
      } as CommandResult);
    },
  } as unknown as Commands & { asked: string[][] };
}

const noTmux = tmux(() => 'nobody asked for it');

async function pids(
  processes: Processes,
  commands: Commands = noTmux,
  environment: Record<string, string> = {},
): Promise<number[]> {
  const found = await sessionProcesses(processes, commands, environment, 1000);
  return found.map(({ process: { pid } }) => pid).toSorted((a, b) => a - b);
}

const sorted = (...numbers: number[]) => numbers.toSorted((a, b) => a - b);
const shell: Made = { parent: 1, name: 'bash', environment: {} };
const init: Made = { parent: 0, name: 'systemd', environment: {} };

describe('a session', () => {
  it('hangs on this process and all that it was started from', async () => {
    const processes = machine({ 1: init, 10: shell, [own]: { parent: 10, name: 'node' } });
    expect(await pids(processes)).toEqual(sorted(1, 10, own));
  });

  it('in tmux hangs on its server, and on the clients of its session with theirs', async () => {
    const processes = machine({
      1: init,
      5: { parent: 1, name: 'tmux: server', environment: {} },
      6: { parent: 5, name: 'bash', environment: {} },
      [own]: { parent: 6, name: 'node' },
      20: { parent: 1, name: 'ttyd', environment: {} },
      21: { parent: 20, name: 'tmux: client', environment: {} },
    });
    const commands = tmux(() => [21]);
    expect(await pids(processes, commands, { TMUX: '/tmp/s,5,0', TMUX_PANE: '%3' })).toEqual(
      sorted(1, 5, 6, own, 20, 21),
    );
    expect(commands.asked).toEqual([
      ['tmux', '-S', '/tmp/s', 'list-clients', '-t', '%3', '-F', '#{client_pid}'],
    ]);
  });

  it('is found through sudo, which drops the variable', async () => {
    const processes = machine({
      1: init,
      5: { parent: 1, name: 'tmux: server', environment: {} },
      6: { parent: 5, name: 'bash', environment: { TMUX: '/tmp/s,5,0', TMUX_PANE: '%0' } },
      7: { parent: 6, name: 'sudo', environment: { TMUX: '/tmp/s,5,0', TMUX_PANE: '%0' } },
      [own]: { parent: 7, name: 'node' },
      21: { parent: 1, name: 'tmux: client', environment: {} },
    });
    const commands = tmux(() => [21]);
    expect(await pids(processes, commands, { SUDO_UID: '1000' })).toEqual(sorted(1, 5, 6, 7, own, 21));
    // Several say the same: it is asked once.
    expect(commands.asked).toHaveLength(1);
  });

  it('in a tmux whose client sits in another tmux hangs on both', async () => {
    const processes = machine({
      1: init,
      5: { parent: 1, name: 'tmux: server', environment: {} },
      [own]: { parent: 5, name: 'node' },
      30: { parent: 1, name: 'tmux: server', environment: {} },
      31: { parent: 30, name: 'bash', environment: { TMUX: '/tmp/outer,30,0', TMUX_PANE: '%9' } },
      32: { parent: 31, name: 'tmux: client', environment: { TMUX: '/tmp/outer,30,0', TMUX_PANE: '%9' } },
      40: { parent: 1, name: 'tmux: client', environment: {} },
    });
    const commands = tmux((argv) => (argv.includes('/tmp/outer') ? [40] : [32]));
    expect(await pids(processes, commands, { TMUX: '/tmp/inner,5,0' })).toEqual(
      sorted(1, 5, own, 30, 31, 32, 40),
    );
  });

  it.each([
    ['that is gone', {}],
    ['whose number another process has now', { 5: { parent: 1, name: 'bash', environment: {} } }],
  ])('does not hang on a tmux server %s', async (_, others) => {
    const processes = machine({ 1: init, ...others, [own]: { parent: 1, name: 'node' } });
    expect(await pids(processes, noTmux, { TMUX: '/tmp/s,5,0' })).toEqual(sorted(1, own));
  });

  it('whose pane is gone hangs on everybody who is attached to that server', async () => {
    const processes = machine({
      1: init,
      5: { parent: 1, name: 'tmux: server', environment: {} },
      [own]: { parent: 1, name: 'node' },
      21: { parent: 1, name: 'tmux: client', environment: {} },
    });
    const commands = tmux((argv) => (argv.includes('-t') ? 'can’t find pane: %3' : [21]));
    expect(await pids(processes, commands, { TMUX: '/tmp/s,5,0', TMUX_PANE: '%3' })).toEqual(
      sorted(1, 5, own, 21),
    );
  });

  it.each(['screen', 'zellij', 'abduco'])('in %s hangs on all of its processes', async (name) => {
    const variable = { screen: 'STY', zellij: 'ZELLIJ', abduco: 'ABDUCO_SESSION' }[name] ?? '';
    const processes = machine({
      1: init,
      [own]: { parent: 1, name: 'node' },
      50: { parent: 51, name, environment: {} },
      51: shell,
    });
    expect(await pids(processes, noTmux, { [variable]: 'x' })).toEqual(sorted(1, own, 50, 51));
  });
});

describe('a session of which something cannot be told', () => {
  const server = { 5: { parent: 1, name: 'tmux: server', environment: {} } };
  const line = { 1: init, 10: shell, [own]: { parent: 10, name: 'node' } };

  it.each([
    ['tmux does not answer', { ...line, ...server }, { TMUX: '/tmp/s,5,0' }, 'tmux did not say'],
    ['TMUX is no such thing', line, { TMUX: 'nonsense' }, 'TMUX does not say'],
    [
      'it came by sudo, from where is not to be seen',
      { ...line, 10: { ...shell, environment: undefined } },
      { SUDO_UID: '1000' },
      'before sudo',
    ],
    [
      'it came by ssh from this machine',
      {
        1: init,
        9: { parent: 1, name: 'sshd-session', environment: {} },
        10: { parent: 9, name: 'bash', environment: { SSH_CONNECTION: '127.0.0.1 5000 127.0.0.1 22' } },
        [own]: { parent: 10, name: 'node' },
      },
      {},
      'by ssh from this very machine',
    ],
    [
      'it came by ssh from another address of this machine',
      {
        1: init,
        9: { parent: 1, name: 'sshd', environment: {} },
        10: { parent: 9, name: 'bash', environment: { SSH_CONNECTION: '192.0.2.7 5000 192.0.2.7 22' } },
        [own]: { parent: 10, name: 'node' },
      },
      {},
      'by ssh from this very machine',
    ],
  ])('%s: is an error, not a shorter list', async (_, made, environment, words) => {
    const processes = machine(made as Record<number, Made>);
    await expect(
      sessionProcesses(processes, noTmux, environment as Record<string, string>, 1000),
    ).rejects.toThrow(words);
  });

  it('is none where the variable of an ssh session was only inherited', async () => {
    const processes = machine({
      1: init,
      5: { parent: 1, name: 'tmux: server', environment: {} },
      10: { parent: 5, name: 'bash', environment: { SSH_CONNECTION: '127.0.0.1 5000 127.0.0.1 22' } },
      [own]: { parent: 10, name: 'node' },
    });
    expect(await pids(processes)).toEqual(sorted(1, 5, 10, own));
  });
});
