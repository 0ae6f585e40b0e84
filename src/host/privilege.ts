import { spawn } from 'node:child_process';

/** What makes somebody root, by asking them. */
export type PrivilegeTool = 'sudo' | 'run0' | 'doas';

/** `ended`: the program ran as root, to its end. `declined`: it did not run at all. */
export type Elevation = { kind: 'ended'; exitCode: number } | { kind: 'declined'; reason: string };

/**
 * The exit code of this program as root where it would be 1 otherwise: 1 is what sudo, run0 and doas end with when they
 * do not let somebody (sudo(8), exit value).
 */
const failedAsRoot = 101;

/** A program and its arguments, to be run as root by a tool. Without a terminal nobody is asked for a password. */
export function elevated(
  tool: PrivilegeTool,
  argv: readonly string[],
  interactive: boolean,
): [string, ...string[]] {
  switch (tool) {
    case 'sudo':
      return [
        'sudo',
        interactive ? '--prompt=t3-cockpit acts as root. Password of %p: ' : '--non-interactive',
        '--',
        ...argv,
      ];
    case 'doas':
      return ['doas', ...(interactive ? [] : ['-n']), '--', ...argv];
    case 'run0':
      return [
        'run0',
        '--description=t3-cockpit',
        // It would colour the screen that we draw.
        '--background=',
        ...(interactive ? [] : ['--no-ask-password']),
        '--',
        ...argv,
      ];
  }
}

/** Run it on this terminal, and wait for it. */
export function runElevated(
  tool: PrivilegeTool,
  argv: readonly string[],
  interactive: boolean,
): Promise<Elevation> {
  const [file, ...args] = elevated(tool, argv, interactive);
  // Ctrl-C reaches all who share the terminal: what it means is for the program to say.
  const ignore = () => undefined;
  process.on('SIGINT', ignore);
  const child = spawn(file, args, { stdio: 'inherit' });
  return new Promise<Elevation>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      resolve({
        kind: 'declined',
        reason: error.code === 'ENOENT' ? `there is no ${tool} on this machine` : error.message,
      }),
    );
    child.once('exit', (code, signal) => {
      if (signal === 'SIGINT') resolve({ kind: 'declined', reason: `${tool} was interrupted` });
      else if (code === 1) resolve({ kind: 'declined', reason: `${tool} did not allow it` });
      else resolve({ kind: 'ended', exitCode: code === failedAsRoot ? 1 : (code ?? 1) });
    });
  }).finally(() => process.off('SIGINT', ignore));
}

/** Let whoever started this program as root tell its failure from that of being let. */
export function tellFailureApart(): void {
  process.on('exit', (code) => {
    if (code === 1) process.exitCode = failedAsRoot;
  });
}
