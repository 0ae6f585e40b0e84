import os from 'node:os';
import path from 'node:path';
import { authCommands, baseDirFlag, runAuthCommand, type AuthCommand } from './auth-commands.ts';
import { parseArguments, type Arguments, type CommandSpec } from './flags.ts';
import { causes, log } from './log.ts';
import type { VersionProfile } from './profiles.ts';
import { errorText, usage } from './usage.ts';

const serveCommand: CommandSpec = {
  path: ['t3', 'serve'],
  description: 'Run the T3 Code server and print how to pair with it.',
  flags: [
    { name: 'host', value: true, help: 'Address to bind, for example 127.0.0.1 or 0.0.0.0.' },
    { name: 'port', value: true, help: 'Port for the HTTP server.', problem: portProblem },
    baseDirFlag,
  ],
};

/** The commands that have others below them. */
const groups: readonly CommandSpec[] = [
  { path: ['t3'], description: 'T3 Code (a stand-in of the sandbox).' },
  { path: ['t3', 'auth'], description: 'Manage the local auth control plane.' },
  { path: ['t3', 'auth', 'pairing'], description: 'Manage one-time client pairing tokens.' },
  { path: ['t3', 'auth', 'session'], description: 'Manage sessions.' },
];
const leaves: readonly (CommandSpec | AuthCommand)[] = [serveCommand, ...authCommands];

/**
 * The stand-in's command line, as one version has it: the commands that units, the dispatch, the cockpit and people
 * call (docs/t3-contract.md, Command line).
 *
 * @returns the exit code; for `serve`, when the server was stopped.
 */
export async function runStandIn(profile: VersionProfile, argv: readonly string[]): Promise<number> {
  const { command, rest } = commandOf(argv);
  const parsed = parseArguments(profile.cli, command, rest);
  if ('errors' in parsed) {
    process.stdout.write(usage(profile.cli, command));
    process.stderr.write(errorText(parsed.errors));
    return 1;
  }
  if (parsed.wants === 'version') {
    process.stdout.write(`t3 v${profile.version}\n`);
    return 0;
  }
  if (parsed.wants === 'help' || command.subcommands !== undefined) {
    process.stdout.write(usage(profile.cli, command));
    return 0;
  }
  const folder = parsed.flags.get('base-dir') ?? process.env['T3CODE_HOME'] ?? path.join(os.homedir(), '.t3');
  if ('run' in command) return runAuthCommand(profile, command, parsed, folder);
  return runServe(profile, parsed, folder);
}

async function runServe(profile: VersionProfile, { flags }: Arguments, folder: string): Promise<number> {
  try {
    // node:http takes longer to load than everything else together: only who serves pays for it.
    const { serve } = await import('./serve.ts');
    return await serve(profile, {
      host: flags.get('host') ?? '127.0.0.1',
      port: Number(flags.get('port') ?? 3773),
      folder,
    });
  } catch (error) {
    // A port in use, a database that cannot be opened or migrated: said on standard output (docs/t3-contract.md).
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    const cause =
      error instanceof Error && error.cause !== undefined ? `\n${causes(error.cause).trimEnd()}` : '';
    log('ERROR', 1, `${name === 'Error' ? 'ServeError' : name}: ${message}${cause}`);
    return 1;
  }
}

/** The command that the words in front name, and what comes after them. */
function commandOf(argv: readonly string[]): { command: CommandSpec | AuthCommand; rest: readonly string[] } {
  for (let depth = Math.min(3, argv.length); depth > 0; depth -= 1) {
    const name = ['t3', ...argv.slice(0, depth)].join(' ');
    const leaf = leaves.find((each) => each.path.join(' ') === name);
    if (leaf !== undefined) return { command: leaf, rest: argv.slice(depth) };
    const group = groups.find((each) => each.path.join(' ') === name);
    if (group !== undefined) return { command: withSubcommands(group), rest: argv.slice(depth) };
  }
  return { command: withSubcommands(groups[0] ?? serveCommand), rest: argv };
}

function withSubcommands(group: CommandSpec): CommandSpec {
  const name = group.path.join(' ');
  const below = [...groups, ...leaves].filter((each) => each.path.slice(0, -1).join(' ') === name);
  return {
    ...group,
    subcommands: below.map((each) => ({ name: each.path.at(-1) ?? '', description: each.description })),
  };
}

function portProblem(value: string): string | undefined {
  const port = Number(value);
  return Number.isInteger(port) && port >= 1 && port <= 65_535 ? undefined : 'a port, 1 to 65535';
}
