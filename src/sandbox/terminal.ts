import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { supervisorUnits } from '../host/units/supervisor.ts';

/** How long the supervisor may take, milliseconds. */
const patience = 10_000;

/** The command that attaches a terminal to a tmux server. */
export type Attach = readonly ['tmux', ...string[]];

/** Have a tmux server inside a user's server, as somebody has who opens a terminal in t3's web page. */
export async function hostTerminal(root: string, user: string): Promise<{ socket: string; attach: Attach }> {
  const supervisor = supervisorUnits(root, patience);
  try {
    const socket = await supervisor.terminal(`t3-serve@${user}.service`);
    return { socket, attach: ['tmux', '-S', socket, 'attach'] };
  } finally {
    await supervisor.close();
  }
}

/** Attach this terminal, until it is detached. @returns the exit code of tmux */
export async function attachTerminal(
  [file, ...args]: Attach,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number | null> {
  // tmux does not attach inside another one while it knows of it.
  const { TMUX: _, ...env } = environment;
  const child = spawn(file, args, { stdio: 'inherit', env });
  const [code] = (await once(child, 'close')) as [number | null];
  return code;
}
