import type { Config } from '../config/schema.ts';
import type { Host } from '../host/host.ts';
import { sessionProcesses } from '../host/terminals.ts';
import type { SessionMember } from '../journal/sessions.ts';
import { excerpt } from '../text/printable.ts';

/**
 * The processes on which this session hangs, with the control group of each, for the hosting guard. What cannot be told
 * is written down as such: it makes the guard say no.
 *
 * @param environment The one that this program was started in.
 */
export async function sessionMembers(
  host: Host,
  config: Config,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<SessionMember[]> {
  try {
    const found = await sessionProcesses(
      host.processes,
      host.commands,
      environment,
      config.limits.commandTimeout,
    );
    return await Promise.all(
      found.map(async ({ process: { pid, startTime }, role }) => ({
        pid,
        startTime,
        controlGroup: await host.processes.controlGroup(pid),
        role,
      })),
    );
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    const own = await host.processes.facts(process.pid);
    return [
      {
        pid: process.pid,
        startTime: own?.startTime ?? 0,
        controlGroup: undefined,
        role: excerpt(`who is attached to this session is not known: ${words}`),
      },
    ];
  }
}
