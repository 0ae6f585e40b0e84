import { authCommand } from './auth-command.ts';
import { parseFlags, type FlagSpec } from './flags.ts';
import type { Profile } from './profiles.ts';
import { serve } from './server.ts';

/** The flags of `serve`. */
const serveFlags: readonly FlagSpec[] = [
  { name: 'host', type: 'string', help: 'Host interface to bind.' },
  { name: 'port', type: 'string', help: 'Port to listen on.' },
  { name: 'base-dir', type: 'string', help: '' },
];

/**
 * The stand-in's command line, in the words of one version. Not every command of t3: those that the cockpit, the
 * dispatch and the units call.
 *
 * @returns the exit code; `serve` goes on until it is stopped.
 */
export async function runStandIn(profile: Profile, argv: readonly string[]): Promise<number | undefined> {
  const [command, ...rest] = argv;
  if (command === '--version' || (command === '-v' && profile.grants === 'scopes')) {
    process.stdout.write(`t3 v${profile.version}\n`);
    return 0;
  }
  if (command === 'serve') return startServer(profile, rest);
  if (command === 'auth') return authCommand(profile, rest);
  process.stdout.write(
    `DESCRIPTION\n  Run the T3 Code server.\n\nUSAGE\n  t3 <subcommand> [flags]\n\nGLOBAL FLAGS\n${profile.usage.globalFlags.join('\n')}\n`,
  );
  if (command === undefined || command === '--help' || command === '-h') return 0;
  process.stderr.write(`\nERROR\n  Unknown subcommand "${command}" for "t3"\n`);
  return 1;
}

async function startServer(profile: Profile, argv: readonly string[]): Promise<number | undefined> {
  const parsed = parseFlags(profile, 't3 serve', 'Run the T3 Code server.', serveFlags, argv);
  if (parsed === undefined) return 1;
  const port = Number(parsed.get('port') ?? '3773');
  try {
    await serve(profile, {
      host: parsed.get('host') ?? '127.0.0.1',
      port,
      baseDir: parsed.get('base-dir') ?? process.env['T3CODE_HOME'] ?? `${process.env['HOME'] ?? ''}/.t3`,
    });
    return undefined;
  } catch (error) {
    // Commands log their errors to standard output.
    process.stdout.write(`ServeError: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}
