import * as z from 'zod';
import { excerpt, publicLine } from '../text/printable.ts';
import { runT3, t3Problem, type T3Call } from './command-line.ts';

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
  const result = await runT3(call, [
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
  const problem = t3Problem(result);
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
  return t3Problem(await runT3(call, ['auth', what, 'revoke', id, '--base-dir', call.baseDir]));
}
