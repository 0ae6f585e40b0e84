import * as z from 'zod';
import { excerpt } from '../text/printable.ts';

/** Where the host says that a user's instance listens (docs/host.md: per-user env, dispatch table). */

const port = z.int().min(1).max(65535);
const dispatchTable = z.record(z.string(), z.unknown());
const dispatchEntry = z.object({ os_user: z.string(), port });

/** `T3_PORT` of a unit's environment file: may be quoted, the last assignment wins (systemd.exec(5)). The rest is not looked at. */
export function parseEnvironmentPort(text: string): { port: number } | { problem: string } {
  const assignments = [...text.matchAll(/^[ \t]*T3_PORT[ \t]*=[ \t]*(.*?)[ \t]*$/gm)];
  const last = assignments.at(-1)?.[1]?.replace(/^(["'])(.*)\1$/, '$2');
  if (last === undefined) return { problem: 'no T3_PORT in it' };
  const parsed = port.safeParse(/^\d{1,5}$/.test(last) ? Number(last) : last);
  return parsed.success ? { port: parsed.data } : { problem: `T3_PORT is no port: "${excerpt(last, 20)}"` };
}

export interface DispatchTable {
  /** By authentik name. */
  entries: Map<string, { user: string; port: number }>;
  problems: string[];
}

/** Where a name leads to. The dispatch cuts an email's domain off before it looks (docs/host.md, dispatch). */
export function leadsTo(
  { entries }: DispatchTable,
  name: string,
): { user: string; port: number } | undefined {
  return entries.get(name) ?? entries.get(name.replace(/@.*$/, ''));
}

/** The table by which the dispatch finds a user's instance. @throws when it is not a JSON object at all. */
export function parseDispatchTable(text: string): DispatchTable {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`not JSON: ${excerpt((error as Error).message, 80)}`, { cause: error });
  }
  const table = dispatchTable.safeParse(json);
  if (!table.success) throw new Error('not a JSON object');
  const entries = new Map<string, { user: string; port: number }>();
  const problems: string[] = [];
  for (const [name, value] of Object.entries(table.data)) {
    const entry = dispatchEntry.safeParse(value);
    if (entry.success) entries.set(name, { user: entry.data.os_user, port: entry.data.port });
    else problems.push(`"${excerpt(name, 40)}": expected { os_user, port } with a port from 1 to 65535`);
  }
  return { entries, problems };
}
