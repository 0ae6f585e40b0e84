import { describe, expect, it } from 'vitest';
import { callerName, callerOf, handOver, takeOver, type Caller } from '../../../src/host/invocation.ts';
import { surveySession } from '../../../src/host/session.ts';
import type { Commands } from '../../../src/host/commands.ts';
import type { Processes } from '../../../src/host/processes.ts';

/** What this program tells itself when it starts itself again as root. */

const group = '/system.slice/system-t3.slice/t3-serve@alice.service';
const shell = { pid: 4000, startTime: 77, controlGroup: group, role: 'this cockpit was started from it' };
const caller = (parts: Partial<Caller> = {}): Caller => ({
  pid: 4001,
  startTime: 88,
  members: [shell, { ...shell, pid: 4002, controlGroup: undefined }],
  problem: null,
  ...parts,
});
const before = {
  T3_COCKPIT_CONFIG: 'here.yaml',
  NO_COLOR: '1',
  TERM: 'screen',
  LC_ALL: 'de_AT.UTF-8',
  TMUX: '/tmp/tmux-1000/default,12,0',
  PATH: '/evil',
  NODE_OPTIONS: '--import=/evil.mjs',
  LD_PRELOAD: '/evil.so',
  AWS_SECRET_ACCESS_KEY: 'never',
};

describe('what is handed over', () => {
  it('is the settings, the session, and nothing else of the environment', () => {
    const environment: Record<string, string | undefined> = { PATH: '/usr/bin', TERM: 'dumb' };
    const [flag, document] = handOver(caller(), before);
    expect(document).not.toMatch(/evil|never/);
    const { argv, invoked } = takeOver([flag, document, 'status', '--json'], environment);
    expect([argv, invoked]).toEqual([['status', '--json'], true]);
    expect(environment).toMatchObject({
      PATH: '/usr/bin',
      TERM: 'screen',
      NO_COLOR: '1',
      LC_ALL: 'de_AT.UTF-8',
      T3_COCKPIT_CONFIG: 'here.yaml',
      TMUX: before.TMUX,
    });
    expect(callerOf(environment)).toEqual(caller());
  });

  it('cannot bring in a variable that was never handed over', () => {
    const environment: Record<string, string | undefined> = {};
    const [flag, document] = handOver(caller(), {});
    const forged = JSON.stringify({
      ...(JSON.parse(document) as object),
      environment: { LD_PRELOAD: '/evil.so', NODE_OPTIONS: '--inspect', SUDO_USER: 'root', TERM: 'xterm' },
    });
    takeOver([flag, forged], environment);
    expect(Object.keys(environment).toSorted()).toEqual(['T3_COCKPIT_INVOKED_BY', 'TERM']);
  });

  it('is refused when it makes no sense, and only looked for where we put it', () => {
    expect(() => takeOver(['--invoked-by', '{"caller":{}}'], {})).toThrow();
    expect(() => takeOver(['--invoked-by'], {})).toThrow();
    expect(takeOver(['backup', '--invoked-by', '{}'], {})).toEqual({
      argv: ['backup', '--invoked-by', '{}'],
      invoked: false,
    });
    expect(callerOf({})).toBeUndefined();
  });

  it('names whoever became root, by what they became it with', () => {
    expect(callerName({ SUDO_USER: 'wizard' })).toBe('wizard');
    expect(callerName({ DOAS_USER: 'wizard' })).toBe('wizard');
    expect(callerName({ SUDO_USER: '' })).toBeUndefined();
  });
});

describe('a session that was written down before', () => {
  /** A machine on which this process hangs on PID 1 alone, as run0 starts it. */
  const processes = (others: Record<number, { startTime: number; group: string }> = {}): Processes =>
    ({
      facts: (pid: number) =>
        Promise.resolve(others[pid] === undefined ? undefined : { pid, startTime: others[pid].startTime }),
      lineage: (pid: number) => Promise.resolve([{ pid, startTime: 5, parent: 1, name: 'node' }]),
      environment: () => Promise.resolve({}),
      controlGroup: (pid: number) => Promise.resolve(others[pid]?.group ?? '/system.slice/run-1.scope'),
      named: () => Promise.resolve([]),
    }) as unknown as Processes;
  const nothing = {} as Commands;
  const groupsOf = async (others: Parameters<typeof processes>[0], from: Caller) => {
    const environment: Record<string, string | undefined> = {};
    takeOver(handOver(from, {}), environment);
    const found = await surveySession(processes(others), nothing, environment, 1000);
    return Object.fromEntries(found.map(({ pid, controlGroup }) => [pid, controlGroup]));
  };

  it('counts beside what can be seen now', async () => {
    expect(await groupsOf({}, caller({ members: [shell] }))).toEqual({
      [process.pid]: '/system.slice/run-1.scope',
      4000: group,
    });
  });

  it('is looked at again where its processes live, and not where another one has their number', async () => {
    const moved = { 4000: { startTime: 77, group: '/elsewhere' } };
    expect((await groupsOf(moved, caller({ members: [shell] })))[4000]).toBe('/elsewhere');
    const another = { 4000: { startTime: 99, group: '/elsewhere' } };
    expect((await groupsOf(another, caller({ members: [shell] })))[4000]).toBe(group);
  });

  it('that could not be told then cannot be told now, unless we see whoever called', async () => {
    const unclear = caller({ members: [], problem: 'tmux did not say' });
    await expect(groupsOf({}, unclear)).rejects.toThrow('tmux did not say');
    expect(await groupsOf({}, { ...unclear, pid: process.pid, startTime: 5 })).toEqual({
      [process.pid]: '/system.slice/run-1.scope',
    });
  });
});
