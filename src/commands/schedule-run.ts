import { setTimeout as delay } from 'node:timers/promises';
import { valueOf } from '../fleet/observation.ts';
import type { Sqlite } from '../host/sqlite.ts';
import { openJournal } from '../journal/journal.ts';
import { readOperation } from '../journal/operations.ts';
import {
  endSchedule,
  readSchedule,
  recordScheduled,
  takeUpSchedule,
  type ScheduleRecord,
} from '../journal/schedules.ts';
import { NothingToDo, Refused, UsageProblem } from '../operations/errors.ts';
import { mayChange } from '../operations/guards/read-only.ts';
import { requestSchema, type RequestInput } from '../operations/plan.ts';
import { agreementOf, differences, parseAgreement } from '../operations/schedule/agreement.ts';
import { removeSchedule } from '../operations/schedule/units.ts';
import { excerpt } from '../text/printable.ts';
import { dateText } from '../view/format.ts';
import { scheduleStanding } from '../view/schedule.ts';
import { withHost, type CommandContext, type Opened } from './context.ts';
import { exit, type ExitCode } from './exit.ts';
import { follow } from './follow.ts';
import { consider, start } from './request.ts';

/** How a scheduled operation, and with it the schedule, ended. */
interface End {
  outcome: 'succeeded' | 'failed' | 'refused' | 'missed';
  reason: string | undefined;
}

/** What an operation of this kind looks at before it is planned. */
const scopes = {
  bump: { versions: true, readers: true },
  drain: { versions: true, readers: true },
  backup: { versions: false, readers: false },
} as const;

/**
 * `schedule run ID`: what the timer starts. Does what was agreed to, if the host is still what it was then, and within its
 * window whoever was busy.
 *
 * @param flags.now Whatever the time; the window is as long as it was to be.
 */
export function scheduleRun(context: CommandContext, id: number, flags: { now: boolean }): Promise<ExitCode> {
  return withHost(context, async (opened) => {
    const { host, config } = opened;
    const allowed = mayChange(config);
    if (!allowed.holds) throw new Refused(allowed.reason);
    const journal = openJournal(config.paths.state);
    try {
      const record = readSchedule(journal, id);
      if (record === undefined) throw new UsageProblem(`there is no schedule ${id}`);
      const now = host.clock.now();
      if (!flags.now && now < record.beginsAt)
        throw new Refused(`schedule ${id} is for ${dateText(record.beginsAt)}; to do it now: --now`);
      if (!takeUpSchedule(journal, id))
        throw new Refused(`schedule ${id} ${scheduleStanding(record, now)}: it is run once`);
      const end = await carriedOut({ context: asAgreed(context), opened, journal, record }, flags.now);
      endSchedule(journal, id, { ...end, at: host.clock.now() });
      await removeSchedule(host, config, id);
      context.io.err(`schedule ${id}: ${end.outcome}${end.reason === undefined ? '' : `: ${end.reason}`}\n`);
      return end.outcome === 'succeeded' ? exit.done : end.outcome === 'failed' ? exit.failed : exit.refused;
    } finally {
      journal.close();
    }
  });
}

/**
 * `schedule settle ID`: what systemd starts when `schedule run` has ended, however. One that wrote down how is left as it
 * is; one that was killed has failed now, and not when its window has been over for hours.
 */
export function scheduleSettle(context: CommandContext, id: number): Promise<ExitCode> {
  return withHost(context, async ({ host, config }) => {
    const journal = openJournal(config.paths.state);
    try {
      const record = readSchedule(journal, id);
      if (record?.state !== 'running') return exit.done;
      const { SERVICE_RESULT: result } = context.io.environment;
      const started = record.operations.at(-1);
      const reason = [
        `schedule run was cut off${result === undefined ? '' : ` (${excerpt(result, 40)})`}`,
        started === undefined
          ? 'it had started nothing'
          : `operation ${started} goes on by itself: t3-cockpit operations ${started}`,
      ].join('; ');
      endSchedule(journal, id, { outcome: 'failed', reason, at: host.clock.now() });
      await removeSchedule(host, config, id);
      context.io.err(`schedule ${id}: failed: ${reason}\n`);
      return exit.failed;
    } finally {
      journal.close();
    }
  });
}

/** The agreement was given when it was scheduled. */
const asAgreed = (context: CommandContext): CommandContext => ({
  ...context,
  options: { ...context.options, yes: true, dryRun: false, json: false, surface: 'schedule' },
});

interface Running {
  context: CommandContext;
  opened: Opened;
  journal: Sqlite;
  record: ScheduleRecord;
}

async function carriedOut(running: Running, whatever: boolean): Promise<End> {
  const { record, opened } = running;
  const now = opened.host.clock.now();
  const deadline = whatever ? now + record.endsAt - record.beginsAt : record.endsAt;
  if (now >= deadline)
    return { outcome: 'missed', reason: `its window closed at ${dateText(record.endsAt)}` };
  try {
    return await carryOutWithin(running, deadline);
  } catch (error) {
    const reason = excerpt(error instanceof Error ? error.message : String(error), 600);
    return {
      outcome: error instanceof Refused || error instanceof UsageProblem ? 'refused' : 'failed',
      reason,
    };
  }
}

async function carryOutWithin(running: Running, deadline: number): Promise<End> {
  const { context, opened, record } = running;
  const request = requestSchema.safeParse(record.request).data;
  const agreement = parseAgreement(record.agreed);
  if ((request?.kind !== 'bump' && request?.kind !== 'backup') || agreement === undefined)
    throw new Refused('it was not scheduled by this version of t3-cockpit');
  const { fleet, facts } = await consider(context, opened, request, scopes[request.kind]);
  const changed = differences(agreement, agreementOf(fleet, facts.candidate?.candidate));
  if (changed.length > 0)
    throw new Refused(`this host is not what was agreed to: ${changed.join('; ')}; nothing was done`);
  const end = await operation(running, request);
  return end.outcome === 'succeeded' && request.kind === 'bump' ? drained(running, deadline, end) : end;
}

/** Start an operation, follow it to its end, and say how that was. */
async function operation(
  { context, opened, journal, record }: Running,
  request: RequestInput & { kind: keyof typeof scopes },
): Promise<End> {
  const started = await start(context, opened, request, scopes[request.kind], false);
  if (!('operation' in started)) throw new Error('nothing was started');
  recordScheduled(journal, record.id, started.operation);
  await follow(context, opened, started.operation, 'lines');
  const ended = readOperation(journal, started.operation);
  const words = `operation ${started.operation} ${ended?.outcome ?? 'goes on'}${ended?.reason === undefined ? '' : `: ${ended.reason}`}`;
  if (ended?.outcome === 'succeeded') return { outcome: 'succeeded', reason: words };
  return { outcome: ended?.outcome === 'refused' ? 'refused' : 'failed', reason: words };
}

/** Whoever was busy, as soon as they are idle, until the window closes. */
async function drained(running: Running, deadline: number, bumped: End): Promise<End> {
  const { context, opened } = running;
  const { clock } = opened.host;
  const { drainEvery } = opened.config.schedule;
  for (;;) {
    const { fleet, plan } = await consider(context, opened, { kind: 'drain' }, scopes.drain);
    const owed = fleet.instances.filter(({ deferral }) => valueOf(deferral) !== undefined);
    if (owed.length === 0) return { outcome: 'succeeded', reason: 'everybody was moved' };
    if (plan.lanes.length > 0) {
      const end = await operationIfAny(running);
      if (end !== undefined && end.outcome === 'failed') return end;
      if (end?.outcome === 'succeeded') continue;
    }
    if (clock.now() + drainEvery >= deadline) {
      const names = owed.map(({ user }) => user).join(', ');
      return {
        ...bumped,
        reason: `a restart is still owed to ${names}: they were not idle within the window`,
      };
    }
    await delay(drainEvery);
  }
}

/** Somebody who was idle when it was planned may be at work again. */
async function operationIfAny(running: Running): Promise<End | undefined> {
  try {
    return await operation(running, { kind: 'drain' });
  } catch (error) {
    if (error instanceof NothingToDo) return undefined;
    throw error;
  }
}
