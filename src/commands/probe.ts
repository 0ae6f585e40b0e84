import { withHost, type CommandContext } from './context.ts';
import type { ExitCode } from './exit.ts';
import { carryOut } from './request.ts';

/** `probe [USER…]`: the pairing handshake, done for real, by every route and name; of everybody without names. */
export function probe(
  context: CommandContext,
  users: readonly string[],
  { detach }: { detach: boolean },
): Promise<ExitCode> {
  return withHost(context, (opened) =>
    carryOut(
      context,
      opened,
      { kind: 'probe', ...(users.length === 0 ? {} : { users: [...users] }) },
      { versions: false, readers: false },
      detach,
    ),
  );
}
