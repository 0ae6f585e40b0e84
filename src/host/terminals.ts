import type { Commands } from './commands.ts';
import type { ProcessFacts, Processes } from './processes.ts';

/** A process whose end would kill, or blind, the session that the cockpit is used from. */
export interface SessionProcess {
  process: ProcessFacts;
  /** Why it matters, in words for the admin. */
  role: string;
}

/**
 * The processes that this session hangs on: this process and all its ancestors, and, inside tmux, the server of the
 * session and the clients attached to it with their ancestors (tmux(1): `$TMUX` is socket,pid,session).
 *
 * @throws when tmux is there and does not answer: who is attached is then not known.
 */
export async function sessionProcesses(
  processes: Processes,
  commands: Commands,
  environment: Readonly<Record<string, string | undefined>>,
  timeout: number,
): Promise<SessionProcess[]> {
  const own = (await processes.lineage(process.pid)).map((each, index): SessionProcess => ({
    process: each,
    role: index === 0 ? 'this cockpit' : 'this cockpit was started from it',
  }));
  const tmux = environment['TMUX'];
  if (tmux === undefined || tmux === '') return own;
  const [socket, server] = tmux.split(',');
  if (socket === undefined || !/^\d+$/.test(server ?? ''))
    throw new Error('TMUX does not say which tmux server this is');
  const serverLine = (await processes.lineage(Number(server))).map((each): SessionProcess => ({
    process: each,
    role: 'the tmux server of this session',
  }));
  const pane = environment['TMUX_PANE'] ?? '';
  const result = await commands.run(
    [
      'tmux',
      '-S',
      socket,
      'list-clients',
      ...(/^%\d+$/.test(pane) ? ['-t', pane] : []),
      '-F',
      '#{client_pid}',
    ],
    { timeout },
  );
  if (result.exitCode !== 0) throw new Error(`tmux did not say who is attached: ${result.stderr.trim()}`);
  const clients = result.stdout
    .split('\n')
    .filter((line) => /^\d+$/.test(line))
    .map(Number);
  const clientLines = await Promise.all(clients.map((pid) => processes.lineage(pid)));
  return [
    ...own,
    ...serverLine,
    ...clientLines
      .flat()
      .map((each): SessionProcess => ({ process: each, role: 'a terminal attached to this session' })),
  ];
}
