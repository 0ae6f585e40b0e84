import { withHost, type CommandContext } from './context.ts';
import type { ExitCode } from './exit.ts';
import { carryOut } from './request.ts';

export interface BumpFlags {
  allowDowngrade: boolean;
  whateverPinned: boolean;
  /** The config's, when absent. */
  strategy?: 'rollout' | 'enforcer';
  detach: boolean;
}

/** `bump VERSION [USER...]`: judge it, save everybody, move pins and binary, then one user after the other. */
export function bump(
  context: CommandContext,
  version: string,
  users: string[],
  { allowDowngrade, whateverPinned, strategy, detach }: BumpFlags,
): Promise<ExitCode> {
  return withHost(context, (opened) =>
    carryOut(
      context,
      opened,
      {
        kind: 'bump',
        version,
        allowDowngrade,
        whateverPinned,
        ...(users.length === 0 ? {} : { users }),
        ...(strategy === undefined ? {} : { strategy }),
      },
      { versions: true, readers: true },
      detach,
    ),
  );
}

/** `freeze REASON`, `unfreeze`: may versions move on this host? Its own scripts heed it as well. */
export function freeze(context: CommandContext, reason: string | null, detach: boolean): Promise<ExitCode> {
  return withHost(context, (opened) =>
    carryOut(context, opened, { kind: 'freeze', reason }, { versions: false, readers: false }, detach),
  );
}
