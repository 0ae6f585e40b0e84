import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemCommands } from '../../../src/host/commands.ts';
import { systemProcesses } from '../../../src/host/processes.ts';
import { until } from '../../sandbox/sandbox.ts';

/** A command that tells its process id and goes on for ever. */
const endless = ['sh', '-c', 'echo $$; exec tail -f /dev/null'] as const;

const gone = (pid: number) =>
  until('the follower is gone', async () =>
    (await systemProcesses.facts(pid))?.name === 'tail' ? undefined : true,
  );

describe('a follower', () => {
  it('tells lines as they come, until it is stopped', async () => {
    const lines: string[] = [];
    const follower = systemCommands().follow([...endless], (line) => lines.push(line));
    const pid = Number(await until('its line', () => lines[0]));
    await until('it goes on', async () =>
      (await systemProcesses.facts(pid))?.name === 'tail' ? true : undefined,
    );
    follower.stop();
    await follower.ended;
    await gone(pid);
    expect(lines).toHaveLength(1);
  });

  it('says that it has ended, and does so where there is no such command', async () => {
    await systemCommands().follow(['true'], () => undefined).ended;
    await systemCommands().follow(['/nowhere/journalctl'], () => undefined).ended;
    const stopped = systemCommands().follow([...endless], () => undefined);
    stopped.stop();
    await stopped.ended;
  });

  it('dies with whoever follows, however that one ends', async () => {
    const commands = path.resolve(import.meta.dirname, '../../../src/host/commands.ts');
    const script = `import { systemCommands } from ${JSON.stringify(commands)};
      systemCommands().follow(${JSON.stringify(endless)}, console.log);`;
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pid = await new Promise<number>((resolve) =>
      createInterface({ input: parent.stdout }).once('line', (line) => resolve(Number(line))),
    );
    await until('it goes on', async () =>
      (await systemProcesses.facts(pid))?.name === 'tail' ? true : undefined,
    );
    parent.kill('SIGKILL');
    await gone(pid);
  });
});
