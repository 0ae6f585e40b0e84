import { requestSchema } from '../operations/plan.ts';
import { currentActor, planOperation, submit } from '../operations/submit.ts';
import { observerFor, withHost, type CommandContext } from './context.ts';
import { exit, type ExitCode } from './exit.ts';
import { follow } from './follow.ts';
import { jsonDocument } from './render/json.ts';
import { planText } from './render/operation.ts';
import { UsageProblem } from '../operations/errors.ts';

export interface BackupFlags {
  kind: string;
  detach: boolean;
}

/** `backup [USER…]`: verified online snapshots, of everybody without names. */
export function backup(
  context: CommandContext,
  users: readonly string[],
  flags: BackupFlags,
): Promise<ExitCode> {
  const { io, options } = context;
  return withHost(context, async (opened) => {
    const { host, config } = opened;
    const parsed = requestSchema.safeParse({
      kind: 'backup',
      snapshotKind: flags.kind,
      ...(users.length === 0 ? {} : { users }),
    });
    if (!parsed.success) throw new UsageProblem('--kind is manual or daily');
    const observer = observerFor(opened, io);
    const fleet = await observer.once({ versions: false, readers: false }).finally(() => observer.stop());
    if (fleet.userMap.kind === 'unknown') throw new Error(`user map: ${fleet.userMap.reason}`);
    const plan = planOperation(fleet, config, parsed.data, host.clock.now());
    if (options.dryRun) {
      io.out(options.json ? jsonDocument({ plan }) : planText(plan));
      return exit.done;
    }
    const id = await submit(host, config, parsed.data, plan, currentActor(options.surface, io.environment));
    if (flags.detach) {
      io.out(
        options.json
          ? jsonDocument({ operation: { id } })
          : `operation ${id} runs; follow it with: t3-cockpit operations ${id} --follow\n`,
      );
      return exit.done;
    }
    return follow(context, opened, id, options.json ? 'document at the end' : 'lines');
  });
}
