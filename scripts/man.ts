import type { Command } from 'commander';
import { commandTree } from '../src/commands/main.ts';
import { exit } from '../src/commands/exit.ts';

/** What each exit code says, as in README.md. */
const exitWords: Readonly<Record<keyof typeof exit, string>> = {
  done: 'Done.',
  failed: 'Failed; what became of everybody is said.',
  usage: 'The command line or the configuration makes no sense.',
  refused: 'Refused by a guard; nothing was changed.',
  someFailed: 'Some users failed, others did not.',
  undecided: 'An operation that was cut off waits for a decision first.',
  interrupted: 'Interrupted.',
};

/** docs/t3-cockpit.1, the manual page, made from the tree of commands (man-pages(7)). */
export function manualPage(): string {
  const nothing = () => undefined;
  const io = {
    out: nothing,
    err: nothing,
    drained: () => Promise.resolve(),
    environment: {},
    screen: false,
    columns: undefined,
    ask: undefined,
    onInterrupt: () => nothing,
    asRoot: undefined,
  };
  const program = commandTree([], io, { version: '', cockpit: () => Promise.resolve(exit.done) }, nothing);
  return `.\\" Made from the tree of commands by npm run docs.
.TH T3\\-COCKPIT 1
.SH NAME
t3\\-cockpit \\- the cockpit of a machine on which every user has an own T3 Code server
.SH SYNOPSIS
.B t3\\-cockpit
.RI [ option \\&...]
.RI [ command " [" argument \\&...]]
.SH DESCRIPTION
Without a command: the full\\-screen cockpit. It shows every user's server as it is, backs up and restores their databases,
and brings versions to everybody. What it does is written to a journal and goes on without the terminal that it was asked from.
.PP
The cockpit, and the commands that change the host, ask
.BR sudo (8)
to be root, once; whoever is not let only looks.
.SH OPTIONS
${optionsOf(program)}
.SH COMMANDS
${leaves(program, []).map(section).join('\n')}
.SH EXIT STATUS
${Object.entries(exit)
  .map(([name, code]) => `.TP\n.B ${code}\n${text(exitWords[name as keyof typeof exit])}`)
  .join('\n')}
.SH ENVIRONMENT
.TP
.B T3_COCKPIT_CONFIG
The configuration file.
.TP
.BI T3_COCKPIT_ KEY
A setting over the file's, as
.BR T3_COCKPIT_SNAPSHOTS_LATE=30h .
.TP
.B NO_COLOR
No colours.
.SH FILES
.TP
.I /etc/t3\\-cockpit/config.yaml
The configuration, where the host differs from the defaults;
.B t3\\-cockpit config schema
lists every key.
.TP
.I /var/lib/t3\\-cockpit
The journal and the host lock, root's alone.
.TP
.IR /var/backups/t3\\-state/ user /cockpit
A user's snapshots.
.SH SEE ALSO
.BR t3 (1),
.BR sudo (8),
.BR systemctl (1),
.BR journalctl (1)
`;
}

interface Leaf {
  path: readonly string[];
  command: Command;
}

/** Every command that does something, with the words that lead to it. */
function leaves(command: Command, path: readonly string[]): Leaf[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((each) => each.name() !== 'help')
    .flatMap((each): Leaf[] => {
      const here = [...path, each.name()];
      return [{ path: here, command: each }, ...leaves(each, here)];
    });
}

function section({ path, command }: Leaf): string {
  const operands = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  const options = optionsOf(command);
  return `.SS ${text([...path, ...operands].join(' '))}
${text(sentence(command.description()))}${options === '' ? '' : `\n${options}`}`;
}

function optionsOf(command: Command): string {
  return command.options
    .filter(({ hidden }) => !hidden)
    .map(({ flags, description }) => `.TP\n.B ${text(flags)}\n${text(sentence(description))}`)
    .join('\n');
}

const sentence = (words: string): string =>
  words === '' ? '' : `${words.charAt(0).toUpperCase()}${words.slice(1)}${words.endsWith('.') ? '' : '.'}`;

/** Text that roff takes for nothing else. */
const text = (words: string): string =>
  words
    .replace(/\\/g, '\\e')
    .replace(/-/g, '\\-')
    .replace(/’/g, "'")
    .replace(/…/g, '...')
    .replace(/^([.'])/gm, '\\&$1');
