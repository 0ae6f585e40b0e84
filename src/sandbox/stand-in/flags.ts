import type { Profile } from './profiles.ts';

export interface FlagSpec {
  name: string;
  type: 'string' | 'boolean';
  help: string;
  /** What is wrong with a value, in the version's own words. */
  check?: (value: string) => string | undefined;
}

/**
 * Parse flags as t3's own parser does: on an error, usage on standard output and the error on standard error.
 *
 * @returns the values by name (`''` for a flag without one), or undefined after an error.
 */
export function parseFlags(
  profile: Profile,
  command: string,
  description: string,
  specs: readonly FlagSpec[],
  argv: readonly string[],
): Map<string, string> | undefined {
  const values = new Map<string, string>();
  const missing: string[] = [];
  const unrecognized: string[] = [];
  const invalid: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    const spec = specs.find((each) => `--${each.name}` === word);
    if (spec === undefined) {
      unrecognized.push(...flagsIn(word).map((flag) => `Unrecognized flag: ${flag} in command ${command}`));
    } else if (spec.type === 'boolean') {
      values.set(spec.name, '');
    } else {
      const value = argv[index + 1];
      if (value === undefined || value.startsWith('-')) {
        missing.push(`Missing value for flag --${spec.name}. Expected: string`);
        continue;
      }
      index += 1;
      const problem = spec.check?.(value);
      if (problem === undefined) values.set(spec.name, value);
      else invalid.push(`Invalid value for flag --${spec.name}: "${value}". Expected: ${problem}`);
    }
  }
  const errors = [
    ...(profile.usage.namesMissingValue || unrecognized.length === 0 ? missing : []),
    ...unrecognized,
    ...invalid,
  ];
  if (errors.length === 0) return values;
  process.stdout.write(usageText(profile, command, description, specs));
  process.stderr.write(
    `\n${errors.length === 1 ? 'ERROR' : 'ERRORS'}\n${errors.map((error) => `  ${error}\n`).join('')}`,
  );
  return undefined;
}

/** `-1m` is two flags, `-1` and `-m`. */
function flagsIn(word: string): string[] {
  if (/^-[^-]/.test(word)) return Array.from(word.slice(1), (letter) => `-${letter}`);
  return [word];
}

export function usageText(
  profile: Profile,
  command: string,
  description: string,
  specs: readonly FlagSpec[],
): string {
  const heads = specs.map((spec) => `--${spec.name}${spec.type === 'string' ? ' string' : ''}`);
  const width = Math.max(...heads.map((head) => head.length)) + 4;
  const flags = specs.map(
    (spec, index) =>
      `  ${(heads[index] ?? '').padEnd(width)}${spec.name === 'base-dir' ? profile.usage.baseDirHelp : spec.help}`,
  );
  return (
    `DESCRIPTION\n  ${description}\n\nUSAGE\n  ${command} [flags]\n\nFLAGS\n${flags.join('\n')}\n\n` +
    `GLOBAL FLAGS\n${profile.usage.globalFlags.join('\n')}\n`
  );
}
