import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../../src/commands/main.ts';
import type { Io } from '../../../src/commands/io.ts';
import type { CommandContext } from '../../../src/commands/context.ts';
import { runElevated, type Elevation } from '../../../src/host/privilege.ts';
import { handOver, invocationVariable, takeOver } from '../../../src/host/invocation.ts';
import { scratch } from '../../scratch.ts';

/** Who is asked to be root, for what, and what follows from the answer. */

interface Ran {
  code: number;
  out: string;
  err: string;
  /** What was to be run as root: the tool, its arguments, and whether somebody could be asked. */
  asked: { tool: string; argv: readonly string[]; interactive: boolean }[];
  opened: CommandContext[];
}

const state = scratch();
const config = path.join(state, 'config.yaml');
const denied: Elevation = { kind: 'declined', reason: 'sudo did not allow it' };

async function run(
  argv: readonly string[],
  {
    answer = denied,
    terminal = true,
    environment = {},
  }: {
    answer?: Elevation;
    terminal?: boolean;
    environment?: Record<string, string>;
  } = {},
): Promise<Ran> {
  const ran: Ran = { code: -1, out: '', err: '', asked: [], opened: [] };
  const io: Io = {
    out: (text) => (ran.out += text),
    err: (text) => (ran.err += text),
    environment: { TERM: 'xterm', ...environment },
    screen: terminal,
    columns: 80,
    drained: () => Promise.resolve(),
    ask: terminal ? () => Promise.resolve(undefined) : undefined,
    onInterrupt: () => () => undefined,
    asRoot: (tool, args, interactive) => {
      ran.asked.push({ tool, argv: args, interactive });
      return Promise.resolve(answer);
    },
  };
  ran.code = await main(['--config', config, ...argv], io, {
    version: '1',
    cockpit: (context) => (ran.opened.push(context), Promise.resolve(0 as const)),
  });
  return ran;
}

beforeAll(() => writeFileSync(config, `paths: { state: ${state}/state }\n`));

describe('as somebody who is not root', () => {
  it.each([
    ['backup'],
    ['backup', '--dry-run'],
    ['restore', 'alice', '--snapshot', 'latest'],
    ['undo', '3'],
    ['restart', 'alice'],
    ['drain'],
    ['probe'],
    ['verify'],
    ['snapshots', 'verify'],
    ['snapshots', 'protect', 'x'],
    ['snapshots', 'unprotect', 'x'],
    ['snapshots', 'forget', 'x'],
    ['snapshots', 'prune'],
    ['preflight', '1.0.0'],
    ['bump', '1.0.0'],
    ['launcher', 'install'],
    ['launcher', 'remove'],
    ['freeze', 'today'],
    ['unfreeze'],
    ['operations', '--recover'],
    ['operations', '3', '--stop'],
    ['operations', 'resume', '3'],
    ['operations', 'rollback', '3'],
    ['operations', 'abandon', '3'],
  ])('%s %s asks for root, with the same arguments, and ends as that does', async (...argv) => {
    const ran = await run(argv, { answer: { kind: 'ended', exitCode: 4 } });
    expect(ran.code).toBe(4);
    expect(ran.err).toBe('');
    const [asked] = ran.asked;
    expect(asked).toMatchObject({ tool: 'sudo', interactive: true });
    const [node, door, ...rest] = asked?.argv ?? [];
    expect(node).toBe(process.execPath);
    expect(door).toMatch(/^\/.*\/bin\/t3-cockpit\.js$/);
    expect(takeOver(rest, {}).argv).toEqual(['--config', config, ...argv]);
  });

  it.each([['operations'], ['config', 'show'], ['versions', '--help'], ['launcher']])(
    '%s asks nobody',
    async (...argv) => {
      expect((await run(argv)).asked).toEqual([]);
    },
  );

  it('refuses what changes the host when nobody lets it, and says how', async () => {
    const ran = await run(['backup']);
    expect(ran.code).toBe(3);
    expect(ran.err).toMatch(
      /takes root, and sudo did not allow it; as root: sudo \/\S+ \/\S+t3-cockpit\.js …/,
    );
  });

  it('asks for no password where there is no terminal', async () => {
    const ran = await run(['backup'], { terminal: false });
    expect(ran.asked).toMatchObject([{ interactive: false }]);
    expect(ran.err).toContain('no terminal to ask on');
  });

  it.each([
    ['no terminal', { terminal: false }, 'try: t3-cockpit status'],
    ['a dumb one', { environment: { TERM: 'dumb' } }, 'TERM=dumb says that this one cannot; if it can,'],
  ])('asks for none where no screen can be drawn: %s', async (_what, terminal, words) => {
    for (const argv of [[], ['demo']]) {
      const ran = await run(argv, terminal);
      expect([ran.code, ran.asked, ran.opened]).toEqual([2, [], []]);
      expect(ran.err).toContain('t3-cockpit: the cockpit needs a terminal');
    }
    expect((await run([], terminal)).err).toContain(words);
  });

  it('opens the cockpit to look only, and says why, when nobody lets it', async () => {
    const ran = await run([]);
    expect(ran.code).toBe(0);
    expect(ran.asked).toHaveLength(1);
    expect(ran.opened).toMatchObject([
      { options: { readOnly: true }, unprivileged: 'sudo did not allow it' },
    ]);
  });

  it('leaves the cockpit to root when somebody does', async () => {
    const ran = await run([], { answer: { kind: 'ended', exitCode: 0 } });
    expect([ran.code, ran.opened]).toEqual([0, []]);
  });

  it('opens no cockpit twice: the one that was started again asks nobody', async () => {
    const environment: Record<string, string> = {};
    takeOver(handOver({ pid: 1, startTime: 1, members: [], problem: null }, {}), environment);
    expect(environment[invocationVariable]).toBeDefined();
    const ran = await run([], { environment });
    expect([ran.asked, ran.opened.length]).toEqual([[], 1]);
  });

  it.each([
    ['--read-only'],
    ['--set', 'readOnly=true'],
    ['--set', 'privilege=none'],
    ['--set', `sandbox.root=/nowhere`],
  ])('asks nobody with %s %s', async (...flags) => {
    const ran = await run(flags);
    expect([ran.asked, ran.opened.length]).toEqual([[], 1]);
  });

  it('asks by what the configuration says', async () => {
    for (const tool of ['run0', 'doas'])
      expect((await run(['--set', `privilege=${tool}`, 'backup'])).asked).toMatchObject([{ tool }]);
  });
});

describe('a tool that makes root', () => {
  const bin = scratch();
  const { PATH } = process.env;
  beforeAll(() => {
    // Each of them drops its own options, and runs the rest, or does not let anybody.
    const script = (body: string) => `#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done; shift\n${body}\n`;
    writeFileSync(path.join(bin, 'run0'), script('exec "$@"'));
    writeFileSync(path.join(bin, 'doas'), script('echo "doas: no" > /dev/null; exit 1'));
    chmodSync(path.join(bin, 'run0'), 0o755);
    chmodSync(path.join(bin, 'doas'), 0o755);
    process.env['PATH'] = `${bin}:/usr/bin:/bin`;
  });
  afterAll(() => {
    process.env['PATH'] = PATH;
  });

  it.each([0, 2, 3, 4, 5, 130])('ends as the program does: %i', async (code) => {
    expect(await runElevated('run0', ['sh', '-c', `exit ${code}`], false)).toEqual({
      kind: 'ended',
      exitCode: code,
    });
  });

  it('is told apart from a program that failed', async () => {
    const tell = `${path.resolve(import.meta.dirname, '../../../src/host/privilege.ts')}`;
    const program = (body: string) => [
      process.execPath,
      '--input-type=module',
      '--eval',
      `import { tellFailureApart } from ${JSON.stringify(tell)}; tellFailureApart(); ${body}`,
    ];
    for (const body of ['process.exitCode = 1', 'process.exit(1)'])
      expect(await runElevated('run0', program(body), false)).toEqual({ kind: 'ended', exitCode: 1 });
    expect(await runElevated('run0', program(''), false)).toEqual({ kind: 'ended', exitCode: 0 });
  });

  it('that does not allow it, or is not there, has run nothing', async () => {
    expect(await runElevated('doas', ['true'], true)).toEqual({
      kind: 'declined',
      reason: 'doas did not allow it',
    });
    process.env['PATH'] = bin;
    expect(await runElevated('sudo', ['true'], true)).toEqual({
      kind: 'declined',
      reason: 'there is no sudo on this machine',
    });
  });
});
