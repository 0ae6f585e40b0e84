import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { sandboxUnitVariable } from '../../host/processes.ts';
import { minimalEnvironment } from '../../host/commands.ts';
import type { Layout } from '../layout.ts';
import type { UnitDefinition } from './unit.ts';

/** The socket of the tmux server inside a unit. A socket's path may be 107 bytes long (unix(7)). */
export function terminalSocket(layout: Layout, unit: string): string {
  return `${layout.run}/${unit}.tmux`;
}

/**
 * A real tmux server inside a unit, as somebody has one who opens a terminal in t3's web page and starts tmux there: it
 * ends when the unit does. One that runs already is left as it is.
 *
 * @throws what tmux says, when there is none.
 */
export async function openTerminal(layout: Layout, definition: UnitDefinition): Promise<string> {
  const socket = terminalSocket(layout, definition.name);
  const ask = async (...args: string[]): Promise<string | undefined> => {
    const child = spawn('tmux', ['-f', '/dev/null', '-S', socket, ...args], {
      cwd: definition.environment['HOME'] ?? '/',
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        ...minimalEnvironment,
        ...definition.environment,
        T3_COCKPIT_CONFIG: layout.config,
        [sandboxUnitVariable]: definition.controlGroup,
      },
    });
    let said = '';
    child.stderr.on('data', (data: Buffer) => (said += data.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    return code === 0 ? undefined : `tmux: ${said.trim() || `exit code ${code}`}`;
  };
  if ((await ask('has-session', '-t', 'terminal')) === undefined) return socket;
  const problem = await ask('new-session', '-d', '-s', 'terminal');
  if (problem !== undefined) throw new Error(problem);
  return socket;
}
