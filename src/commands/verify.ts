import { verificationReport, type Check } from '../fleet/verification.ts';
import { NothingToDo } from '../operations/errors.ts';
import { observerFor, openForReading, withHost, type CommandContext, type Opened } from './context.ts';
import { exit, type ExitCode } from './exit.ts';
import { follow } from './follow.ts';
import { jsonDocument } from './render/json.ts';
import { table } from './render/table.ts';
import { start } from './request.ts';

/**
 * `verify [USER…]`: probe, then hold what is found against what is expected, for the host and for everyone (or those
 * named). Exit code 0 only when all of it was seen to be so; 1 when the host's part or everybody's is not, 4 when some
 * users' is.
 */
export function verify(
  context: CommandContext,
  users: readonly string[],
  { detach }: { detach: boolean },
): Promise<ExitCode> {
  const { io, options } = context;
  return withHost(context, async (opened) => {
    const began = opened.host.clock.now();
    const started = await startProbes(context, opened, users, detach);
    if ('code' in started) return started.code;
    if (started.operation !== undefined) {
      const probed = await follow(context, opened, started.operation, options.json ? 'nothing' : 'lines');
      if (probed === exit.interrupted || probed === exit.refused) return probed;
    }
    const checks = await report(context, opened, users, began);
    const bad = checks.filter((check) => check.verdict !== 'ok');
    if (options.json) {
      io.out(
        jsonDocument({
          operation: started.operation === undefined ? null : { id: started.operation },
          checks: checks.map(checkJson),
          bad: bad.length,
        }),
      );
    } else {
      io.out(`\n${reportText(checks)}`);
    }
    return exitCode(checks);
  });
}

/** Nobody to probe is no reason to look at nothing else. */
async function startProbes(
  context: CommandContext,
  opened: Opened,
  users: readonly string[],
  detach: boolean,
): Promise<{ operation: number | undefined } | { code: ExitCode }> {
  try {
    return await start(
      context,
      opened,
      { kind: 'verify', ...(users.length === 0 ? {} : { users: [...users] }) },
      { versions: false, readers: false },
      detach,
    );
  } catch (error) {
    if (error instanceof NothingToDo) return { operation: undefined };
    throw error;
  }
}

async function report(
  { io }: CommandContext,
  opened: Opened,
  users: readonly string[],
  began: number,
): Promise<Check[]> {
  // The journal may have come into being with the operation.
  const { journal, problem } = openForReading(opened.config);
  if (problem !== undefined) throw new Error(`journal: ${problem}`);
  const observer = observerFor({ ...opened, journal }, io);
  try {
    const fleet = await observer.once();
    const { clock } = opened.host;
    const now = { wall: clock.now(), tick: clock.monotonic(), probedSince: began };
    return verificationReport(fleet, opened.config, now).filter(
      ({ user }) => users.length === 0 || user === undefined || users.includes(user),
    );
  } finally {
    observer.stop();
    journal?.close();
  }
}

/** What is not so, in full; of the rest, how much it is. */
function reportText(checks: readonly Check[]): string {
  const bad = checks.filter((check) => check.verdict !== 'ok');
  const rows = bad.map((check) => [
    check.verdict,
    check.user ?? 'host',
    check.subject,
    check.expected,
    check.found,
  ]);
  const remedies = bad
    .filter((check) => check.remedy !== '')
    .map((check) => [check.user ?? 'host', check.subject, check.remedy]);
  return [
    ...(rows.length === 0 ? [] : [table(['', 'USER', 'SUBJECT', 'EXPECTED', 'FOUND'], rows), '\n']),
    ...(remedies.length === 0 ? [] : [table(['USER', 'SUBJECT', 'WHAT TO DO'], remedies), '\n']),
    `${checks.length - bad.length} of ${checks.length} as expected\n`,
  ].join('');
}

function checkJson(check: Check): object {
  return { ...check, user: check.user ?? null };
}

function exitCode(checks: readonly Check[]): ExitCode {
  const bad = checks.filter((check) => check.verdict !== 'ok');
  if (bad.length === 0) return exit.done;
  const users = new Set(checks.map((check) => check.user).filter((user) => user !== undefined));
  const hit = new Set(bad.map((check) => check.user));
  return hit.has(undefined) || [...users].every((user) => hit.has(user)) ? exit.failed : exit.someFailed;
}
