import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { minimalEnvironment } from './commands.ts';

/** A server that was started to be looked at, and is to end with whoever started it. */
export interface TrialServer {
  /** How it ended, in words; null while it runs. */
  ended(): string | null;
  /** The most memory that it had resident, bytes; null when that cannot be told any more. */
  peak(): number | null;
  /** Ask it to stop, and then make it; resolves when it is gone and its last line was told. */
  stop(): Promise<void>;
}

/** How long it may take to stop by itself, milliseconds. */
const stopPatience = 10_000;

/** Start a server. It dies with this process, whatever becomes of it (prctl(2), PR_SET_PDEATHSIG). */
export function startTrialServer(
  argv: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>>,
  onLine: (line: string) => void,
): TrialServer {
  const child = spawn('setpriv', ['--pdeathsig=KILL', '--', ...argv], {
    cwd: '/',
    env: { ...minimalEnvironment, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', onLine);
  const closed = once(child, 'close');
  const ended = () => {
    if (child.signalCode !== null) return `killed by ${child.signalCode}`;
    return child.exitCode === null ? null : `exit code ${child.exitCode}`;
  };
  return {
    ended,
    peak: () => peakOf(child.pid),
    async stop() {
      if (ended() === null) child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), stopPatience);
      await closed;
      clearTimeout(killer);
    },
  };
}

/** proc_pid_status(5). */
function peakOf(pid: number | undefined): number | null {
  try {
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return line?.[1] === undefined ? null : Number(line[1]) * 1024;
  } catch {
    // It has ended: then that is what is told of it.
    return null;
  }
}

/** A port at this address that is free now. In a network of one's own nobody takes it in between. @throws what the system says */
export async function freePortAt(address: string): Promise<number> {
  const server = createServer().listen(0, address);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
