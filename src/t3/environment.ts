import * as z from 'zod';
import type { HttpAnswer } from '../host/http.ts';
import { parseVersion } from './version.ts';

/** The document that says which code a server runs, without authentication (docs/t3-contract.md, endpoints). */
export const environmentPath = '/.well-known/t3/environment';

const environment = z.object({ serverVersion: z.string() });

/** The version that a running server reports; the words say why its answer is none. */
export function runningVersion(answer: HttpAnswer): { version: string } | { problem: string } {
  if (answer.status !== 200) return { problem: `answered ${answer.status}` };
  let body: unknown;
  try {
    body = JSON.parse(answer.body);
  } catch {
    // Not JSON: any unknown path answers 200 with a web page, so this is an answer, but not of a t3 we know.
    return { problem: 'its environment is not JSON: not a t3 server' };
  }
  const parsed = environment.safeParse(body);
  if (!parsed.success) return { problem: 'its environment names no version' };
  const version = parseVersion(parsed.data.serverVersion);
  return version === undefined ? { problem: 'its environment names an impossible version' } : { version };
}
