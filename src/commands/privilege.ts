import { ConfigError } from '../config/errors.ts';
import type { Config } from '../config/schema.ts';
import { systemCommands } from '../host/commands.ts';
import { callerOf, handOver, type Caller } from '../host/invocation.ts';
import { elevated, type PrivilegeTool } from '../host/privilege.ts';
import { systemProcesses } from '../host/processes.ts';
import { doorCommand } from '../host/program.ts';
import { surveySession } from '../host/session.ts';
import { Refused } from '../operations/errors.ts';
import { excerpt } from '../text/printable.ts';
import { loadConfigFor, type CommandContext } from './context.ts';
import { exit, type ExitCode } from './exit.ts';

/** How long one look at the session may take, where the configuration is not ours to read; milliseconds. */
const surveyPatience = 20_000;

/**
 * Do something that takes root: here, when this is root, or may not be, or when this is a sandbox; else by starting this
 * program again with the same arguments, as root (design, section 1).
 *
 * @param argv The arguments of this program, as they were typed.
 * @param declined What to do when nobody lets us; without it, it is refused.
 */
export async function privileged(
  context: CommandContext,
  argv: readonly string[],
  here: (context: CommandContext) => ExitCode | Promise<ExitCode>,
  declined?: (context: CommandContext) => ExitCode | Promise<ExitCode>,
): Promise<ExitCode> {
  const { io, options } = context;
  const asked = io.asRoot === undefined || options.readOnly ? undefined : toolFor(context);
  if (io.asRoot === undefined || asked === undefined) return here(context);
  const { tool, timeout } = asked;
  const interactive = io.ask !== undefined;
  const caller = await callerNow(io.environment, timeout);
  const elevation = await io.asRoot(
    tool,
    doorCommand(...handOver(caller, io.environment), ...argv),
    interactive,
  );
  if (elevation.kind === 'ended') return asExitCode(elevation.exitCode);
  if (declined !== undefined)
    return declined({
      ...context,
      options: { ...options, readOnly: true },
      unprivileged: elevation.reason,
    });
  const typed = elevated(tool, doorCommand(), true).filter((word) => !word.startsWith('--'));
  throw new Refused(
    `this changes the host, which takes root, and ${elevation.reason}${interactive ? '' : ' (there is no terminal to ask on)'}; ` +
      `as root: ${typed.join(' ')} …`,
  );
}

/** What would make this root; undefined where nothing should. */
function toolFor(context: CommandContext): { tool: PrivilegeTool; timeout: number } | undefined {
  // Started again already: whoever let that happen did not make it root.
  if (callerOf(context.io.environment) !== undefined) return undefined;
  let config: Config;
  try {
    ({ config } = loadConfigFor(context));
  } catch (error) {
    // It is root's alone to read: then root reads it.
    if (error instanceof ConfigError && error.problems.some(({ denied }) => denied))
      return { tool: 'sudo', timeout: surveyPatience };
    throw error;
  }
  const { privilege, readOnly, sandbox, limits } = config;
  if (privilege === 'none' || readOnly || sandbox !== undefined) return undefined;
  return { tool: privilege, timeout: limits.commandTimeout };
}

/** This process and its session, as they are before anybody is root. */
async function callerNow(environment: CommandContext['io']['environment'], timeout: number): Promise<Caller> {
  const own = await systemProcesses.facts(process.pid);
  const identity = { pid: process.pid, startTime: own?.startTime ?? 0 };
  try {
    const members = await surveySession(systemProcesses, systemCommands(), environment, timeout);
    return { ...identity, members, problem: null };
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return { ...identity, members: [], problem: excerpt(words) };
  }
}

function asExitCode(code: number): ExitCode {
  return Object.values(exit).find((each) => each === code) ?? exit.failed;
}
