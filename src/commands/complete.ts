import type { Argument, Command, Option } from 'commander';
import { configKeys } from '../config/overrides.ts';
import { expand } from '../config/expand.ts';
import type { Config } from '../config/schema.ts';
import { parseUserMap } from '../fleet/user-map.ts';
import { systemFiles } from '../host/files.ts';
import { openJournalReadOnly } from '../journal/journal.ts';
import { listOperations } from '../journal/operations.ts';
import { readSnapshots } from '../journal/snapshots.ts';
import { printable } from '../text/printable.ts';

/** What could stand there, with a word on it. */
export interface Candidate {
  word: string;
  about: string;
}

/** Names that only this host knows, found cheaply: no server, no t3 and no user's file is asked. */
export interface Names {
  users(): Promise<readonly string[]>;
  snapshots(user: string | undefined): Promise<readonly string[]>;
  operations(): Promise<readonly Candidate[]>;
}

/**
 * What could come next on a command line, from the tree of commands as it is: shells ask this at every tab.
 *
 * @param words What stands there, without the program's name; the last one is being typed, and may be empty.
 * @returns undefined where a file is wanted: shells know those better.
 */
export async function complete(
  program: Command,
  words: readonly string[],
  names: Names,
): Promise<Candidate[] | undefined> {
  // bash takes `--config=file` for three words.
  const last = words.at(-1) ?? '';
  const typed = last === '=' ? '' : last;
  let command = program;
  const operands: string[] = [];
  let waiting: Option | undefined;
  for (const word of words.slice(0, -1)) {
    if (word === '=' && waiting !== undefined) continue;
    if (waiting !== undefined) waiting = undefined;
    else if (word.startsWith('-')) waiting = valueOption(program, command, word);
    else {
      const below = command.commands.find((each) => each.name() === word);
      if (below !== undefined && operands.length === 0) command = below;
      else operands.push(word);
    }
  }
  const starting = (found: readonly Candidate[]) => found.filter(({ word }) => word.startsWith(typed));
  if (waiting !== undefined) {
    const found = await valuesOf(waiting, operands[0], names);
    return found === undefined ? undefined : starting(found);
  }
  if (typed.startsWith('-'))
    return starting(
      [...new Set([...command.options, ...program.options])]
        .filter(({ hidden }) => !hidden)
        .map(({ long, short, description }) => ({ word: long ?? short ?? '', about: description })),
    );
  const below = operands.length > 0 ? [] : visible(command);
  const argument = command.registeredArguments[operands.length] ?? command.registeredArguments.at(-1);
  const takes =
    argument !== undefined && (argument.variadic || operands.length < command.registeredArguments.length);
  const values = takes ? await argumentValues(argument, command, operands, names) : [];
  if (values === undefined) return below.length > 0 ? starting(below) : undefined;
  return starting([...below, ...values]);
}

const visible = (command: Command): Candidate[] =>
  command
    .createHelp()
    .visibleCommands(command)
    .filter((each) => each.name() !== 'help')
    .map((each) => ({ word: each.name(), about: each.description() }));

/** The option that a word names, when its value comes next. */
function valueOption(program: Command, command: Command, word: string): Option | undefined {
  const found = [...command.options, ...program.options].find(
    ({ long, short }) => word === long || word === short,
  );
  return found !== undefined && found.required ? found : undefined;
}

async function valuesOf(
  option: Option,
  user: string | undefined,
  names: Names,
): Promise<Candidate[] | undefined> {
  switch (option.attributeName()) {
    case 'config':
      return undefined;
    case 'set':
      return configKeys.map((path) => ({ word: `${path.join('.')}=`, about: '' }));
    case 'snapshot':
      return [
        { word: 'latest', about: 'the newest verified one' },
        { word: 'prebump', about: 'from before the last bump' },
        ...plain(await names.snapshots(user)),
      ];
    case 'kind':
      return plain(['manual', 'daily', 'prebump']);
    default:
      return plain(option.argChoices ?? []);
  }
}

async function argumentValues(
  argument: Argument,
  command: Command,
  operands: readonly string[],
  names: Names,
): Promise<Candidate[] | undefined> {
  if (argument.argChoices !== undefined) return plain(argument.argChoices);
  switch (argument.name()) {
    case 'user':
      return plain((await names.users()).filter((user) => !operands.includes(user)));
    case 'name':
      return plain(await names.snapshots(undefined));
    case 'id':
    case 'operation':
      return [...(await names.operations())];
    case 'version':
      return command.name() === 'bump' || command.name() === 'preflight' ? plain(['latest', 'nightly']) : [];
    case 'folder':
      return undefined;
    default:
      return [];
  }
}

const plain = (words: readonly string[]): Candidate[] => words.map((word) => ({ word, about: '' }));

/** The names of a host; of none where it is not known which. What cannot be found out is nothing to offer. */
export function namesOf(config: Config | undefined): Names {
  if (config === undefined)
    return {
      users: () => Promise.resolve([]),
      snapshots: () => Promise.resolve([]),
      operations: () => Promise.resolve([]),
    };
  const journal = <Value>(read: (db: ReturnType<typeof openJournalReadOnly>) => Value[]): Value[] => {
    try {
      const db = openJournalReadOnly(config.paths.state);
      try {
        return read(db);
      } finally {
        db.close();
      }
    } catch {
      // Not ours to read, or not there: a shell that completes nothing says so well enough.
      return [];
    }
  };
  return {
    async users() {
      try {
        const text = await systemFiles.read(expand(config.paths.userMap, {}), config.limits.fileSize);
        return parseUserMap(text).users.map(({ user }) => user);
      } catch {
        // As above.
        return [];
      }
    },
    snapshots: (user) =>
      Promise.resolve(journal((db) => readSnapshots(db, user).map(({ file }) => printable(file)))),
    operations: () =>
      Promise.resolve(
        journal((db) =>
          listOperations(db, 20).map(({ id, kind, outcome }) => ({
            word: String(id),
            about: `${kind} ${outcome ?? ''}`.trim(),
          })),
        ),
      ),
  };
}
