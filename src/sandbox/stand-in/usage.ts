import type { CommandSpec } from './flags.ts';
import type { CliRules } from './profiles.ts';

/** The help of a command, as t3 lays it out; on standard output after an error of syntax too. */
export function usage(rules: CliRules, command: CommandSpec): string {
  const name = command.path.join(' ');
  const { operand, flags = [], subcommands = [] } = command;
  const words = [
    name,
    ...(subcommands.length > 0 ? ['<subcommand>'] : []),
    '[flags]',
    ...(operand === undefined ? [] : [`<${operand.name}>`]),
  ];
  return [
    `DESCRIPTION\n  ${command.description}\n`,
    `USAGE\n  ${words.join(' ')}\n`,
    ...(operand === undefined ? [] : [`ARGUMENTS\n${table([[`${operand.name} string`, operand.help]])}`]),
    ...(flags.length === 0
      ? []
      : [
          `FLAGS\n${table(
            flags.map((flag) => [
              `--${flag.name}${flag.value ? ' string' : ''}`,
              flag.name === 'base-dir' ? rules.baseDirHelp : flag.help,
            ]),
          )}`,
        ]),
    `GLOBAL FLAGS\n${table(rules.globalFlags)}`,
    ...(subcommands.length === 0
      ? []
      : [`SUBCOMMANDS\n${table(subcommands.map((each) => [each.name, each.description]))}`]),
  ].join('\n');
}

/** @returns what standard error gets after the usage on standard output. */
export function errorText(errors: readonly string[]): string {
  const lines = errors.map((error) => `  ${error}\n`);
  return `\n${errors.length === 1 ? 'ERROR' : 'ERRORS'}\n${lines.join('')}`;
}

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length)) + 4;
  return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}\n`).join('');
}
