import { Argument, type Command } from 'commander';
import { ConfigError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import { printable } from '../text/printable.ts';
import { complete, namesOf, type Candidate } from './complete.ts';
import { completionScripts, shells, type Shell } from './completion.ts';
import { loadConfigFor, type CommandContext } from './context.ts';
import { exit } from './exit.ts';
import { setup, setupParts, type SetupPart } from './setup.ts';
import type { Runs } from './version-commands.ts';

/** The configuration that a command line being typed names: whose users those are is said there. */
function configNamedIn(words: readonly string[]): string | undefined {
  const at = words.findLastIndex((word) => /^--config(=|$)/.test(word));
  const [, inOne] = /^--config=(.+)/.exec(words[at] ?? '') ?? [];
  if (at === -1 || inOne !== undefined) return inOne;
  // bash makes three words of one.
  return words[at + 1] === '=' ? words[at + 2] : words[at + 1];
}

/** One that is wrong, or root’s alone to read: commands and options are known without it. */
function configOrNothing(context: CommandContext): Config | undefined {
  try {
    return loadConfigFor(context).config;
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

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
        const { io, options } = context();
        const named = configNamedIn(words) ?? options.config;
        const config = configOrNothing({
          io,
          options: { ...options, ...(named === undefined ? {} : { config: named }) },
        });
        const file: Candidate = { word: '', about: '' };
        const found = (await complete(program, words, namesOf(config))) ?? [file];
        io.out(found.map(({ word, about }) => `${printable(word)}\t${printable(about)}\n`).join(''));
        return exit.done;
      }),
    );
}
