import { UsageProblem } from '../operations/errors.ts';
import { withHost, type CommandContext } from './context.ts';
import type { ExitCode } from './exit.ts';
import { carryOut } from './request.ts';

export interface BackupFlags {
  kind: string;
  cold: boolean;
  detach: boolean;
}

/** `backup [USER…]`: verified online snapshots, of everybody without names. */
export function backup(
  context: CommandContext,
  users: readonly string[],
  { kind, cold, detach }: BackupFlags,
): Promise<ExitCode> {
  if (kind !== 'manual' && kind !== 'daily' && kind !== 'prebump')
    throw new UsageProblem('--kind is manual, daily or prebump');
  return withHost(context, (opened) =>
    carryOut(
      context,
      opened,
      { kind: 'backup', snapshotKind: kind, cold, ...(users.length === 0 ? {} : { users: [...users] }) },
      // Sizes are enough, and those are seen from outside.
      { versions: false, readers: false },
      detach,
    ),
  );
}
