import { Option, type Command } from 'commander';
import { integerArgument, sizeArgument } from './arguments.ts';
import type { CommandContext } from './context.ts';
import type { Faces } from './main.ts';
import { demo, sandboxCreate, sandboxDestroy, sandboxTerminal, type SandboxFlags } from './sandbox.ts';
import type { Runs } from './version-commands.ts';

/** The commands that are about throwaway hosts. */
export function sandboxCommands(
  program: Command,
  context: () => CommandContext,
  run: Runs,
  cockpit: Faces['cockpit'],
): void {
  const sandbox = program
    .command('sandbox')
    .description('an embedded, throwaway host with stand-in t3 servers');
  sandboxOptions(sandbox.command('create').description('build one and start it').argument('<folder>')).action(
    run((folder: string, flags: SandboxFlags) => sandboxCreate(context(), folder, flags)),
  );
  sandbox
    .command('destroy')
    .description('end all of its processes and remove it')
    .argument('<folder>')
    .action(run((folder: string) => sandboxDestroy(context(), folder)));
  sandbox
    .command('terminal')
    .description('a tmux inside a user’s server, to try what hosting the cockpit means')
    .argument('<folder>')
    .argument('<user>')
    .action(run((folder: string, user: string) => sandboxTerminal(context(), folder, user)));

  sandboxOptions(
    program.command('demo').description('the cockpit on a fresh sandbox, gone when you quit'),
  ).action(
    run((flags: SandboxFlags) =>
      demo(context(), flags, (file) =>
        cockpit({ io: context().io, options: { ...context().options, config: file } }),
      ),
    ),
  );
}

function sandboxOptions(command: Command): Command {
  return command
    .option('--users <count>', 'how many users', integerArgument, 3)
    .option('--t3 <version>', 'the t3 version they run', '0.0.24')
    .option('--large <size>', 'make alice’s state database this large, like 200mb', sizeArgument)
    .addOption(
      new Option(
        '--jobs [timers]',
        'with the host’s own jobs (t3-autoupdate, t3-backup-state, …), their timers on, or off: only to be started',
      ).choices(['on', 'off']),
    );
}
