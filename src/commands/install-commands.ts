import { Argument, type Command } from 'commander';
import { printable } from '../text/printable.ts';
import { complete, namesOf } from './complete.ts';
import { completionScripts, shells, type Shell } from './completion.ts';
import { loadConfigFor, type CommandContext } from './context.ts';
import { exit } from './exit.ts';
import { setup, setupParts, type SetupPart } from './setup.ts';
import type { Runs } from './version-commands.ts';

/** The commands that are about having this program on a host. */
export function installCommands(program: Command, context: () => CommandContext, run: Runs): void {
  program
    .command('setup')
    .description('what this host may want for t3-cockpit: a sudoers line, folders, bounds; edits nothing')
    .addArgument(new Argument('[part]', 'only this one, as its file').choices(setupParts))
    .option('--print', 'print it', false)
    .action(run((part: SetupPart | undefined, flags: { print: boolean }) => setup(context(), part, flags)));

  program
    .command('completion')
    .description('what a shell is to be told to complete our command line')
    .addArgument(new Argument('<shell>').choices(shells))
    .action(
      run((shell: Shell) => {
        context().io.out(completionScripts[shell]);
        return exit.done;
      }),
    );

  // Asked by shells.
  program
    .command('complete', { hidden: true })
    .argument('[word...]')
    .action(
      run(async (words: string[]) => {
        const { io } = context();
        const { config } = loadConfigFor(context());
        const found = (await complete(program, words, namesOf(config))) ?? [];
        io.out(found.map(({ word, about }) => `${printable(word)}\t${printable(about)}\n`).join(''));
        return exit.done;
      }),
    );
}
