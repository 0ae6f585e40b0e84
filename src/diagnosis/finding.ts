import { excerpt, printable } from '../text/printable.ts';

/** What to do about a finding: in words, and, where one will do, as a shell line that can be pasted as it stands. */
export interface Remedy {
  words: string;
  /** Empty where no command does it. Quoted already. */
  command: string;
}

/**
 * - `ok`: looked at, and as the cockpit needs it;
 * - `attention`: it works, and an admin should know;
 * - `wrong`: something does not work, or will not, or somebody may do what they should not;
 * - `unknown`: it could not be told. Never a pass.
 */
export type Verdict = 'ok' | 'attention' | 'wrong' | 'unknown';

/** One thing looked at. */
export interface Finding {
  /** What was looked at: `user map`, `alice: unit`. */
  subject: string;
  verdict: Verdict;
  /** What was found, in one printable line. */
  found: string;
  /** Undefined when there is nothing to do. */
  remedy: Remedy | undefined;
}

export const ok = (subject: string, found: string): Finding => finding('ok', subject, found, undefined);

export const attention = (subject: string, found: string, remedy: Remedy): Finding =>
  finding('attention', subject, found, remedy);

export const wrong = (subject: string, found: string, remedy: Remedy): Finding =>
  finding('wrong', subject, found, remedy);

export const unclear = (subject: string, found: string, remedy?: Remedy): Finding =>
  finding('unknown', subject, found, remedy);

function finding(verdict: Verdict, subject: string, found: string, remedy: Remedy | undefined): Finding {
  return { subject: excerpt(subject, 80), verdict, found: excerpt(found), remedy };
}

/** A remedy that no command can be. */
export const say = (words: string): Remedy => ({ words: excerpt(words, 500), command: '' });

/** A remedy by one command. */
export const run = (argv: readonly string[], words = ''): Remedy => runLine(shellLine(argv), words);

/**
 * A remedy by a shell line. One that cannot be shown as it is (a path with control characters in it) is not given at
 * all: what is pasted must be what was meant.
 */
export const runLine = (line: string, words = ''): Remedy => ({
  words: excerpt(words, 500),
  command: printable(line) === line ? line : '',
});

/** An argv as a line for sh(1). */
export function shellLine(argv: readonly string[]): string {
  return argv.map(quote).join(' ');
}

/** One word of a line for sh(1). */
export function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** What was found wrong of many, or, where nothing was, one line that says so. */
export function orFine(problems: readonly Finding[], subject: string, found: string): Finding[] {
  return problems.length > 0 ? [...problems] : [ok(subject, found)];
}
