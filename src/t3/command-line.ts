import type { Account } from '../host/account.ts';
import { failureText, type CommandResult } from '../host/commands.ts';
import type { Host } from '../host/host.ts';
import { excerpt, publicLine } from '../text/printable.ts';

/** What a call of t3's command line works on. */
export interface T3Call {
  host: Pick<Host, 'commands'>;
  /** The t3 of the version that the instance runs: a newer one would migrate its database (docs/t3-contract.md). */
  binary: string;
  account: Account;
  baseDir: string;
  /** Milliseconds; a call once took 15 minutes for no known reason. */
  timeout: number;
}

/** Run t3 as the user. */
export function runT3(
  { host, binary, account, timeout }: T3Call,
  args: readonly string[],
): Promise<CommandResult> {
  return host.commands.run([binary, ...args], {
    as: account,
    timeout,
    maxOutput: 256 * 1024,
    family: true,
    environment: { T3CODE_TELEMETRY_ENABLED: 'false' },
  });
}

/** A line of t3's log without its time and its fiber, which say nothing to whoever reads it later. */
export function withoutOrigin(line: string): string {
  return line.replace(/^\[[\d:.]+\] [A-Z]+ \(#\d+\): /, '');
}

/**
 * Why a call of t3 failed, if it did. Errors of t3's commands are on standard output, exit code 1, the innermost cause last (docs/t3-contract.md).
 */
export function t3Problem(result: CommandResult): string | undefined {
  const failure = failureText(result);
  if (failure === undefined) return undefined;
  if (result.failure !== undefined || result.exitCode === undefined) return failure;
  const lines = result.stdout
    .split('\n')
    .map((line) => withoutOrigin(line.trim()))
    .filter((line) => line !== '');
  const first = lines.find((line) => /Error\b/.test(line)) ?? lines[0];
  const cause = lines.findLast((line) => /no such|no column|cause/.test(line));
  const words = [first, cause === first ? undefined : cause]
    .filter((line) => line !== undefined)
    .map(publicLine);
  return excerpt(words.length === 0 ? failure : words.join(': '), 200);
}

/**
 * Have t3 open the state database under a base directory, as every `auth` command does: it migrates what it finds
 * (docs/t3-contract.md, command line).
 *
 * @returns why it could not; `no answer` when it was not heard, which says nothing about the database.
 */
export async function openWithT3(call: T3Call): Promise<undefined | { problem: string } | 'no answer'> {
  const result = await runT3(call, ['auth', 'pairing', 'list', '--base-dir', call.baseDir, '--json']);
  if (result.failure !== undefined || result.exitCode === undefined) return 'no answer';
  const problem = t3Problem(result);
  return problem === undefined ? undefined : { problem };
}
