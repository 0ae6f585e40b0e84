import type { CliRules } from './profiles.ts';

export interface FlagSpec {
  name: string;
  /** A flag without a value is a switch. */
  value: boolean;
  help: string;
  /** What is wrong with a value, in t3's words. */
  problem?: (value: string) => string | undefined;
}

/** A command as its usage describes it. */
export interface CommandSpec {
  path: readonly string[];
  description: string;
  flags?: readonly FlagSpec[];
  /** The one operand that it must be given. */
  operand?: { name: string; help: string };
  subcommands?: readonly { name: string; description: string }[];
}

export interface Arguments {
  /** By name; a switch that was given has the value `true`. */
  flags: ReadonlyMap<string, string>;
  operand: string | undefined;
  /** Of the flags that every command has. */
  wants: 'run' | 'help' | 'version';
  quiet: boolean;
}

const globals: readonly FlagSpec[] = [
  { name: 'help', value: false, help: '' },
  { name: 'version', value: false, help: '' },
  { name: 'log-level', value: true, help: '' },
];
/** Below these nobody reads what a command says of its migrations. */
const quietLevels = new Set(['warn', 'warning', 'error', 'fatal', 'none']);

/**
 * Parse as t3's own parser does (test/fixtures/t3/transcript-*.txt). Errors of syntax come in the order of the words;
 * values are looked at only when there is none, and then the first bad one counts.
 */
export function parseArguments(
  rules: CliRules,
  command: CommandSpec,
  argv: readonly string[],
): Arguments | { errors: string[] } {
  const known = [...(command.flags ?? []), ...globals];
  const name = command.path.join(' ');
  const values = new Map<string, string>();
  const operands: string[] = [];
  const errors: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    if (!isFlag(word)) {
      operands.push(word);
      continue;
    }
    const [, long = shortName(rules, word), inline] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    const spec = known.find((each) => each.name === long);
    if (spec === undefined) {
      errors.push(...namesIn(word).map((flag) => `Unrecognized flag: ${flag} in command ${name}`));
    } else if (!spec.value) {
      values.set(spec.name, inline ?? 'true');
    } else if (inline !== undefined) {
      values.set(spec.name, inline);
    } else {
      const next = argv[index + 1];
      if (next === undefined || isFlag(next)) {
        if (rules.missingValue === 'error')
          errors.push(`Missing value for flag --${spec.name}. Expected: string`);
        continue;
      }
      values.set(spec.name, next);
      index += 1;
    }
  }
  const wants = values.has('help') ? 'help' : values.has('version') ? 'version' : 'run';
  if (wants === 'run') {
    const [operand, ...extra] = operands;
    const surplus = command.operand === undefined ? operand : extra[0];
    if (surplus !== undefined) errors.push(`Unknown subcommand "${surplus}" for "${name}"`);
    if (errors.length === 0) errors.push(...firstBadValue(command, values, operand));
    if (errors.length > 0) return { errors };
  }
  return {
    flags: values,
    operand: operands[0],
    wants,
    quiet: values.has('json') || values.has('token-only') || quietLevels.has(values.get('log-level') ?? ''),
  };
}

function firstBadValue(
  command: CommandSpec,
  values: ReadonlyMap<string, string>,
  operand: string | undefined,
): string[] {
  if (command.operand !== undefined && operand === undefined)
    return [`Missing required argument: ${command.operand.name}`];
  for (const spec of command.flags ?? []) {
    const value = values.get(spec.name);
    const problem = value === undefined ? undefined : spec.problem?.(value);
    if (problem !== undefined)
      return [`Invalid value for flag --${spec.name}: "${value}". Expected: ${problem}`];
  }
  return [];
}

const isFlag = (word: string) => /^-./.test(word);

/** `-h`, and `-v` where the version has it, by their long names. */
function shortName(rules: CliRules, word: string): string {
  if (word === '-h') return 'help';
  return word === '-v' && rules.versionFlags.includes('-v') ? 'version' : word;
}

/** `-1m` is two flags, `-1` and `-m`. */
function namesIn(word: string): string[] {
  if (word.startsWith('--')) return [word.split('=', 1)[0] ?? word];
  return Array.from(word.slice(1), (letter) => `-${letter}`);
}
