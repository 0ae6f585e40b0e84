import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { beforeAll, describe, expect, it } from 'vitest';
import { until } from '../sandbox/sandbox.ts';
import { buildMachine, cockpit, cockpitCommand, json, sh, unitOf } from './machine.ts';

/** The logs of real units: what the server wrote, and what systemd wrote about it. */

beforeAll(buildMachine);

interface Line {
  at: string;
  from: string;
  text: string;
}

describe('the log of a server', () => {
  it('tells what it wrote and what was done with it, and no credential', async () => {
    await sh('systemctl', 'restart', unitOf('emo'));
    await until('it to be ready', async () =>
      (await sh('journalctl', '--unit', unitOf('emo'))).includes('T3 Code server is ready')
        ? true
        : undefined,
    );
    const { lines } = await json<{ lines: Line[] }>(['logs', 'emo', '--lines', '60']);
    const texts = lines.map(({ text }) => text);
    expect(texts).toEqual(
      expect.arrayContaining([
        'T3 Code server is ready.',
        'Token: [secret]',
        '[a code to be scanned]',
        expect.stringMatching(/^Pairing URL: .*#token=\[secret\]$/),
      ]),
    );
    expect(texts.join('\n')).not.toMatch(/[\u2580-\u259f]/);
    expect(lines.find(({ from }) => from === 'supervisor')?.text).toContain(unitOf('emo'));
    expect(Math.abs(Date.now() - Date.parse(lines.at(-1)?.at ?? ''))).toBeLessThan(60_000);
    expect((await cockpit(['logs', 'emo', '-n', '60'])).stdout).toMatch(/^\S+ \S+ {2}-- Start/m);
  });

  it('is followed until Ctrl-C; what a user writes to look like systemd is their own', async () => {
    const [file = '', ...rest] = cockpitCommand(['--json', 'logs', 'emo', '--lines', '1', '--follow']);
    const child = spawn(file, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines: Line[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line) as Line));
    const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    const group = await sh('systemctl', 'show', '--property=ControlGroup', '--value', unitOf('emo'));
    // A process of the user, inside their unit.
    const enter = `for d in /sys/fs/cgroup /sys/fs/cgroup/*; do [ -w "$d${group}/cgroup.procs" ] && echo $$ > "$d${group}/cgroup.procs"; done
      printf '\\033]0;owned\\007Stopped \\033[2Jeverything\\n' | runuser -u emo -- systemd-cat --identifier=systemd --priority=emerg; sleep 0.2`;
    const found = await until('the line', async () => {
      await sh('sh', '-c', enter);
      return lines.find(({ text }) => text.includes('everything'));
    });
    expect(found).toMatchObject({ from: 'unit', text: 'Stopped everything' });
    child.kill('SIGINT');
    expect(await ended).toBe(130);
  });

  it('says so when it may not be read, and when there is nobody of that name', async () => {
    const run = await cockpit(['logs', 'vera'], ['runuser', '-u', 'emo', '--']);
    expect([run.exitCode, run.stdout]).toEqual([1, '']);
    expect(run.stderr).toMatch(/no permission to read the log of t3-serve@vera/);
    expect((await cockpit(['logs', 'nobody'])).exitCode).toBe(2);
  });
});
