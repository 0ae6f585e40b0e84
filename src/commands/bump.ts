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

export interface RollbackFlags {
  to?: string;
  whateverPinned: boolean;
  detach: boolean;
}

/** `rollback [USER...]`: pins and binary back, then one user after the other, each with a database that it knows. */
export function rollback(
  context: CommandContext,
  users: string[],
  { to, whateverPinned, detach }: RollbackFlags,
): Promise<ExitCode> {
  return withHost(context, (opened) =>
    carryOut(
      context,
      opened,
      {
        kind: 'rollback',
        whateverPinned,
        ...(to === undefined ? {} : { to }),
        ...(users.length === 0 ? {} : { users }),
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
