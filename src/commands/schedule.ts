import { openJournal } from '../journal/journal.ts';
import {
  cancelSchedule,
  listSchedules,
  readSchedule,
  recordSchedule,
  type ScheduleRecord,
} from '../journal/schedules.ts';
import { Refused, UsageProblem } from '../operations/errors.ts';
import { mayChange } from '../operations/guards/read-only.ts';
import type { RequestInput } from '../operations/plan.ts';
import { aboutRequest } from '../operations/schedule/about.ts';
import { agreementOf } from '../operations/schedule/agreement.ts';
import { installSchedule, removeSchedule, scheduleUnits } from '../operations/schedule/units.ts';
import { windowAt, windowOf, type Window } from '../operations/schedule/window.ts';
import { currentActor } from '../operations/submit.ts';
import { scheduleStanding, scheduleText } from '../view/schedule.ts';
import type { BumpFlags } from './bump.ts';
import { loadConfigFor, openForReading, withHost, type CommandContext, type Opened } from './context.ts';
import { exit, type ExitCode } from './exit.ts';
import { follow } from './follow.ts';
import { isoTime, jsonDocument } from './render/json.ts';
import { agreed, consider, showPlan, start } from './request.ts';

export interface ScheduleFlags {
  at?: string;
  window?: string;
  /** Have systemd start it; else the units are printed. */
  install: boolean;
}

/** `schedule bump VERSION`: judged and agreed to now, done in a window. */
export function scheduleBump(
  context: CommandContext,
  version: string,
  flags: Omit<BumpFlags, 'detach'> & ScheduleFlags,
): Promise<ExitCode> {
  const { allowDowngrade, whateverPinned, strategy } = flags;
  return withHost(context, async (opened) => {
    const window = windowFrom(flags, opened);
    const input: RequestInput = {
      kind: 'bump',
      version,
      allowDowngrade,
      whateverPinned,
      ...(strategy === undefined ? {} : { strategy }),
    };
    const scope = { versions: true, readers: true };
    const first = await consider(context, opened, input, scope);
    if (context.options.dryRun || first.facts.candidate?.verdict !== undefined)
      return schedule(context, opened, first, window, flags);
    // Nobody agrees to a version at night that was not judged by day.
    requireChange(opened);
    const judged = await start(context, opened, { kind: 'preflight', version }, scope, false);
    if ('code' in judged) return judged.code;
    const code = await follow(context, opened, judged.operation, context.options.json ? 'nothing' : 'lines');
    if (code !== exit.done) return code;
    const { journal } = openForReading(opened.config);
    try {
      const again = { ...opened, journal };
      return await schedule(context, again, await consider(context, again, input, scope), window, flags);
    } finally {
      journal?.close();
    }
  });
}

/** `schedule backup [USER…]`. */
export function scheduleBackup(
  context: CommandContext,
  users: string[],
  flags: ScheduleFlags,
): Promise<ExitCode> {
  return withHost(context, async (opened) => {
    const window = windowFrom(flags, opened);
    const input: RequestInput = { kind: 'backup', ...(users.length === 0 ? {} : { users }) };
    const considered = await consider(context, opened, input, { versions: false, readers: false });
    return schedule(context, opened, considered, window, flags);
  });
}

function windowFrom({ at, window }: ScheduleFlags, { host }: Opened): Window {
  const now = host.clock.now();
  if (at !== undefined && window === undefined) return windowAt(at, now);
  if (window !== undefined && at === undefined) return windowOf(window, now);
  throw new UsageProblem('say when: --at 02:30, or --window 02:00-05:00');
}

function requireChange({ config }: Opened): void {
  const verdict = mayChange(config);
  if (!verdict.holds) throw new Refused(verdict.reason);
}

async function schedule(
  context: CommandContext,
  opened: Opened,
  { request: asked, plan, fleet, facts }: Awaited<ReturnType<typeof consider>>,
  window: Window,
  { install }: ScheduleFlags,
): Promise<ExitCode> {
  const { io, options } = context;
  const { host, config } = opened;
  if (options.dryRun) {
    showPlan(context, plan);
    return exit.done;
  }
  requireChange(opened);
  if (install && config.sandbox !== undefined)
    throw new Refused('a sandbox has no systemd to start it: without --install, and run it by hand');
  const candidate = facts.candidate?.candidate;
  const given = await agreed(context, asked, plan);
  // What a tag means by then is another agreement.
  const request =
    given.kind === 'bump' && candidate !== undefined && !('problem' in candidate)
      ? { ...given, version: candidate.version }
      : given;
  const agreement = agreementOf(fleet, candidate);
  const journal = openJournal(config.paths.state);
  let id: number;
  try {
    id = recordSchedule(journal, {
      request,
      agreed: agreement,
      plan,
      actor: currentActor(options.surface, io.environment),
      createdAt: host.clock.now(),
      beginsAt: window.begins,
      endsAt: window.ends,
    });
  } finally {
    journal.close();
  }
  const units = scheduleUnits(config, id, aboutRequest(request), window, loadConfigFor(context).file);
  if (install) await installSchedule(host, config, units);
  if (options.json) {
    const { timer, service, argv } = units;
    io.out(
      jsonDocument({
        schedule: { id, begins: isoTime(window.begins), ends: isoTime(window.ends), installed: install },
        units: { timer, service, argv },
      }),
    );
    return exit.done;
  }
  if (install)
    io.out(`schedule ${id}: ${units.timer.file} waits; t3-cockpit schedule cancel ${id} takes it away\n`);
  else {
    for (const { file, text } of [units.timer, units.service]) io.out(`# ${file}\n${text}\n`);
    io.err(
      `schedule ${id} is agreed to, and nothing runs it yet: put these two there, and systemctl enable --now the timer; or: --install\n`,
    );
  }
  return exit.done;
}

/** `schedule list`. */
export function scheduleList(context: CommandContext, limit: number): Promise<ExitCode> {
  return withHost(context, ({ host, journal }) => {
    const now = host.clock.now();
    const records = journal === undefined ? [] : listSchedules(journal, limit);
    context.io.out(
      context.options.json
        ? jsonDocument({ schedules: records.map((record) => scheduleDocument(record, now)) })
        : records.length === 0
          ? 'nothing is scheduled, and nothing was\n'
          : records
              .map((each) => `${each.id}  ${scheduleText(each, now)}  ${scheduleStanding(each, now)}\n`)
              .join(''),
    );
    return Promise.resolve(exit.done);
  });
}

/** `schedule cancel ID`. */
export function scheduleCancel(context: CommandContext, id: number): Promise<ExitCode> {
  return withHost(context, async (opened) => {
    const { host, config } = opened;
    if (context.options.dryRun) return wouldCancel(context, opened, id);
    requireChange(opened);
    const journal = openJournal(config.paths.state);
    try {
      const record = readSchedule(journal, id);
      if (record === undefined) throw new UsageProblem(`there is no schedule ${id}`);
      if (!cancelSchedule(journal, id, host.clock.now()))
        throw new Refused(
          `schedule ${id} ${scheduleStanding(record, host.clock.now())}: it cannot be cancelled`,
        );
    } finally {
      journal.close();
    }
    await removeSchedule(host, config, id);
    context.io.out(
      context.options.json
        ? jsonDocument({ schedule: { id, cancelled: true } })
        : `schedule ${id}: cancelled\n`,
    );
    return exit.done;
  });
}

/** `schedule cancel ID --dry-run`: whether it could be. */
function wouldCancel({ io, options }: CommandContext, { host, journal }: Opened, id: number): ExitCode {
  const record = journal === undefined ? undefined : readSchedule(journal, id);
  if (record === undefined) throw new UsageProblem(`there is no schedule ${id}`);
  const now = host.clock.now();
  if (record.state !== 'waiting')
    throw new Refused(`schedule ${id} ${scheduleStanding(record, now)}: it cannot be cancelled`);
  io.out(
    options.json
      ? jsonDocument({ schedule: { id, cancelled: false } })
      : `schedule ${id} would be cancelled: ${scheduleText(record, now)}\n`,
  );
  return exit.done;
}

/** The document (docs/json.md, schedule). */
export function scheduleDocument(record: ScheduleRecord, now: number): object {
  const { id, request, state, outcome, reason, operations, actor } = record;
  return {
    id,
    about: aboutRequest(request),
    begins: isoTime(record.beginsAt),
    ends: isoTime(record.endsAt),
    state,
    standing: scheduleStanding(record, now),
    outcome: outcome ?? null,
    reason: reason ?? null,
    operations,
    createdAt: isoTime(record.createdAt),
    endedAt: isoTime(record.endedAt),
    actor,
  };
}
