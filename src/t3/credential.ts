import { z } from 'zod';
import type { Account } from '../host/account.ts';
import { failureText, type CommandResult } from '../host/commands.ts';
import type { Host } from '../host/host.ts';
import { excerpt, publicLine } from '../text/printable.ts';

/** What a call of t3's command line works on. */
export interface T3Call {
  host: Host;
  /** The t3 of the version that the instance runs: a newer one would migrate its database (docs/t3-contract.md). */
  binary: string;
  account: Account;
  baseDir: string;
  /** Milliseconds; a call once took 15 minutes for no known reason. */
  timeout: number;
}

/** A pairing credential, good for one exchange. It is never shown and never kept. */
export interface Credential {
  id: string;
  credential: string;
}

const minted = z.object({
  id: z.string().regex(/^[\w-]{1,64}$/),
  credential: z.string().regex(/^[A-Z0-9]{6,64}$/),
});

/** Mint a credential as the user. @returns it, or why there is none. */
export async function mint(call: T3Call): Promise<Credential | { problem: string }> {
  const result = await run(call, [
    'auth',
    'pairing',
    'create',
    '--base-dir',
    call.baseDir,
    '--ttl',
    '5m',
    '--json',
    '--label',
    't3-cockpit probe',
  ]);
  const problem = problemOf(result);
  if (problem !== undefined) return { problem };
  let document: unknown;
  try {
    document = JSON.parse(result.stdout);
  } catch {
    return { problem: `t3 printed no JSON: ${excerpt(publicLine(result.stdout), 60)}` };
  }
  const parsed = minted.safeParse(document);
  return parsed.success ? parsed.data : { problem: 't3 printed a credential of an unknown shape' };
}

/** Revoke what a probe made. @returns why it could not be. */
export async function revoke(
  call: T3Call,
  what: 'pairing' | 'session',
  id: string,
): Promise<string | undefined> {
  return problemOf(await run(call, ['auth', what, 'revoke', id, '--base-dir', call.baseDir]));
}

function run({ host, binary, account, timeout }: T3Call, args: readonly string[]): Promise<CommandResult> {
  return host.commands.run([binary, ...args], {
    as: account,
    timeout,
    maxOutput: 256 * 1024,
    family: true,
    environment: { T3CODE_TELEMETRY_ENABLED: 'false' },
  });
}

/** Errors of t3's commands are on standard output, exit code 1, the innermost cause last (docs/t3-contract.md). */
function problemOf(result: CommandResult): string | undefined {
  const failure = failureText(result);
  if (failure === undefined) return undefined;
  if (result.failure !== undefined || result.exitCode === undefined) return failure;
  const lines = result.stdout
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const first = lines.find((line) => /Error\b/.test(line)) ?? lines[0];
  const cause = lines.findLast((line) => /no such|no column|cause/.test(line));
  const words = [first, cause === first ? undefined : cause]
    .filter((line) => line !== undefined)
    .map(publicLine);
  return excerpt(words.length === 0 ? failure : words.join(': '), 200);
}
