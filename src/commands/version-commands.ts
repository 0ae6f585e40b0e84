import { Option, type Command } from 'commander';
import { bump, freeze, rollback, type BumpFlags, type RollbackFlags } from './bump.ts';
import type { CommandContext } from './context.ts';
import type { ExitCode } from './exit.ts';
import { launcher, launcherState } from './launcher.ts';
import { preflight } from './preflight.ts';
import { versions } from './versions.ts';

/** Makes an action of a command: its exit code becomes the program's. */
export type Runs = <Arguments extends unknown[]>(
  command: (...args: Arguments) => ExitCode | Promise<ExitCode>,
) => (...args: Arguments) => Promise<void>;

/** The commands that are about versions. */
export function versionCommands(
  program: Command,
  context: () => CommandContext,
  { run, change }: { run: Runs; change: Runs },
): void {
  program
    .command('versions')
    .description('what the package source has, and who runs which of it')
    .action(run(() => versions(context())));

  program
    .command('preflight')
    .description('fetch a version, and judge it on copies of real databases; nothing else changes')
    .argument('<version>', 'an exact one, or a tag: latest, nightly')
    .option('--detach', 'start it and return', false)
    .action(change((version: string, flags: { detach: boolean }) => preflight(context(), version, flags)));

  program
    .command('bump')
    .description(
      'bring a version to everybody: judge it, save everybody’s work, move pins and binary, then one user after the other; the first failure takes everybody back',
    )
    .argument('<version>', 'an exact one, or a tag: latest, nightly')
    .argument('[user...]', 'only these, and for everybody else nothing changes; with the launcher')
    .option('--allow-downgrade', 'also to an older one', false)
    .option('--whatever-pinned', 'also when the pin files disagree', false)
    .addOption(
      new Option(
        '--strategy <who>',
        'who installs and restarts: rollout, the cockpit; enforcer, the host’s own script',
      ).choices(['rollout', 'enforcer']),
    )
    .option('--detach', 'start it and return', false)
    .action(
      change((version: string, users: string[], flags: BumpFlags) => bump(context(), version, users, flags)),
    );

  program
    .command('rollback')
    .description(
      'take everybody back to what the last bump replaced, with the databases from before; what is given up is kept',
    )
    .argument('[user...]', 'only these give up what they have done since; the others stay, where they can')
    .option('--to <version>', 'back to this one')
    .option('--whatever-pinned', 'also when the pin files disagree', false)
    .option('--detach', 'start it and return', false)
    .action(change((users: string[], flags: RollbackFlags) => rollback(context(), users, flags)));

  const launch = program
    .command('launcher')
    .description(
      'whose version is which: a small program in the place of the global t3 that gives each user theirs',
    )
    .action(run(() => launcherState(context())));
  launch
    .command('install')
    .description('put it in the place of the global t3; everybody goes on with the version that they run')
    .action(change(() => launcher(context(), true)));
  launch
    .command('remove')
    .description('take it away again: one version for everybody')
    .action(change(() => launcher(context(), false)));

  program
    .command('freeze')
    .description('forbid versions to move, for the host’s own scripts too')
    .argument('[reason...]')
    .option('--detach', 'start it and return', false)
    .action(
      change((words: string[], { detach }: { detach: boolean }) =>
        freeze(context(), words.length === 0 ? 'by hand, with t3-cockpit' : words.join(' '), detach),
      ),
    );
  program
    .command('unfreeze')
    .description('let versions move again')
    .option('--detach', 'start it and return', false)
    .action(change(({ detach }: { detach: boolean }) => freeze(context(), null, detach)));
}
