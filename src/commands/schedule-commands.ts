import { Option, type Command } from 'commander';
import { integerArgument } from './arguments.ts';
import type { BumpFlags } from './bump.ts';
import type { CommandContext } from './context.ts';
import { scheduleRun, scheduleSettle } from './schedule-run.ts';
import {
  scheduleBackup,
  scheduleBump,
  scheduleCancel,
  scheduleList,
  type ScheduleFlags,
} from './schedule.ts';
import type { Runs } from './version-commands.ts';

/** What is agreed to now, and done later. */
export function scheduleCommands(
  program: Command,
  context: () => CommandContext,
  { run, change }: { run: Runs; change: Runs },
): void {
  const schedule = program
    .command('schedule')
    .description('what is agreed to now, and done in a window of time; its result waits in the morning')
    .action(run(() => scheduleList(context(), 20)));
  const timed = (command: Command) =>
    command
      .option('--at <time>', 'begin at 02:30, or 2026-11-26T02:30')
      .option('--window <times>', 'begin and end within 02:00-05:00')
      .addOption(new Option('--print', 'print the timer and its service (also without this)').default(false))
      .addOption(
        new Option('--install', 'put them where systemd finds them, and enable the timer')
          .default(false)
          .conflicts('print'),
      );
  timed(
    schedule
      .command('bump')
      .description(
        'a bump: judged and agreed to now; whoever is busy then is moved when idle, within the window',
      )
      .argument('<version>', 'an exact one, or a tag: latest, nightly')
      .option('--allow-downgrade', 'also to an older one', false)
      .option('--whatever-pinned', 'also when the pin files disagree', false)
      .addOption(
        new Option('--strategy <who>', 'who installs and restarts').choices(['rollout', 'enforcer']),
      ),
  ).action(
    change((version: string, flags: Omit<BumpFlags, 'detach'> & ScheduleFlags) =>
      scheduleBump(context(), version, flags),
    ),
  );
  timed(
    schedule.command('backup').description('a backup of everybody, or of those named').argument('[user...]'),
  ).action(change((users: string[], flags: ScheduleFlags) => scheduleBackup(context(), users, flags)));
  schedule
    .command('list')
    .description('what waits, and how what did has ended')
    .option('--limit <count>', 'how many to list', integerArgument, 20)
    .action(run((flags: { limit: number }) => scheduleList(context(), flags.limit)));
  schedule
    .command('cancel')
    .description('do not do it, and take its timer away')
    .argument('<id>', 'its number', integerArgument)
    .action(change((id: number) => scheduleCancel(context(), id)));
  schedule
    .command('run')
    .description('do it: what its timer starts; refused when the host is not what was agreed to')
    .argument('<id>', 'its number', integerArgument)
    .option('--now', 'whatever the time', false)
    .action(change((id: number, flags: { now: boolean }) => scheduleRun(context(), id, flags)));
  schedule
    .command('settle', { hidden: true })
    .argument('<id>', 'its number', integerArgument)
    .action(change((id: number) => scheduleSettle(context(), id)));
}
