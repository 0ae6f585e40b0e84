import { setTimeout as delay } from 'node:timers/promises';
import type { Seeing } from '../view/instance.ts';
import { observerFor, withHost, type CommandContext, type Opened } from './context.ts';
import { exit, type ExitCode } from './exit.ts';
import { jsonDocument, jsonLine } from './render/json.ts';
import { statusDocument, statusFailed, statusTable } from './render/status.ts';
import { lookAtHappened } from '../operations/happened.ts';
import { listSchedules } from '../journal/schedules.ts';
import { scheduleStanding, scheduleText } from '../view/schedule.ts';
import { happenedLine } from '../view/happened.ts';
import { happenedDocument } from './happened.ts';
import { UsageProblem } from '../operations/errors.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { silence } from '../fleet/silence.ts';

/** How long `status` waits for the next fact to become known, unless told otherwise, milliseconds. */
const patience = 30_000;

/** How often `status --watch` prints, milliseconds. */
const watchInterval = 2000;

/** `status [USER…]`: the fleet once, or again and again. */
export function status(context: CommandContext, users: readonly string[], watch: boolean): Promise<ExitCode> {
  return withHost(context, async (opened) => {
    const observer = observerFor(opened, context.io);
    try {
      if (watch) return await watchStatus(context, opened, observer, users);
      // What was not looked at in time is said to be unknown, and no reason to keep what is known.
      await Promise.race([
        observer.once(),
        context.options.timeout === undefined
          ? silence((heard) => observer.subscribe(heard), patience)
          : delay(context.options.timeout, undefined, { ref: false }),
      ]);
      const seeing = see(opened, only(observer.fleet, users));
      const told = await lookAtHappened(opened, observer.fleet);
      const line = happenedLine(told, seeing.wall);
      context.io.out(
        context.options.json
          ? jsonDocument({ ...statusDocument(seeing, opened.cutOff), happened: happenedDocument(told) })
          : statusTable(seeing, context.io.columns, [
              ...(line === undefined ? [] : [`${line} (t3-cockpit happened)`]),
              ...waiting(opened),
            ]),
      );
      warn(context, opened);
      return statusFailed(seeing.fleet) ? exit.failed : exit.done;
    } finally {
      observer.stop();
    }
  });
}

async function watchStatus(
  context: CommandContext,
  opened: Opened,
  observer: ReturnType<typeof observerFor>,
  users: readonly string[],
): Promise<ExitCode> {
  const { io, options } = context;
  const stop = new AbortController();
  const release = io.onInterrupt(() => stop.abort());
  const deadline =
    options.timeout === undefined ? undefined : opened.host.clock.monotonic() + options.timeout;
  warn(context, opened);
  try {
    await observer.once();
    observer.start();
    for (;;) {
      const seeing = see(opened, only(observer.fleet, users));
      io.out(
        options.json
          ? jsonLine(statusDocument(seeing, opened.cutOff))
          : `${statusTable(seeing, io.columns)}\n`,
      );
      if (deadline !== undefined && opened.host.clock.monotonic() + watchInterval > deadline)
        return exit.done;
      await delay(watchInterval, undefined, { signal: stop.signal });
    }
  } catch (error) {
    if (stop.signal.aborted) return exit.interrupted;
    throw error;
  } finally {
    release();
  }
}

/** What was agreed to, and is not done yet. */
function waiting({ journal, host }: Opened): string[] {
  const now = host.clock.now();
  return (journal === undefined ? [] : listSchedules(journal, 20))
    .filter(({ state }) => state === 'waiting')
    .map((each) => `schedule ${each.id}: ${scheduleText(each, now)}: ${scheduleStanding(each, now)}`);
}

function see({ config, host }: Opened, fleet: Fleet): Seeing {
  return { config, fleet, wall: host.clock.now(), tick: host.clock.monotonic() };
}

function only(fleet: Fleet, users: readonly string[]): Fleet {
  if (users.length === 0 || fleet.userMap.kind !== 'known') return fleet;
  const missing = users.find((user) => !fleet.instances.some((instance) => instance.user === user));
  if (missing !== undefined) throw new UsageProblem(`no user ${missing} in the user map`);
  return { ...fleet, instances: fleet.instances.filter((instance) => users.includes(instance.user)) };
}

function warn({ io }: CommandContext, { journalProblem }: Opened): void {
  if (journalProblem !== undefined)
    io.err(`t3-cockpit: journal: ${journalProblem}; snapshots cannot be told to be verified\n`);
}
