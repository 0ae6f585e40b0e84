import { NothingToDo } from '../operations/errors.ts';
import { withHost, type CommandContext } from './context.ts';
import { exit, type ExitCode } from './exit.ts';
import { jsonDocument } from './render/json.ts';
import { carryOut } from './request.ts';

/** Everything has to be known: what is installed, what each database holds, which snapshots there are. */
const scope = { versions: true, readers: true };

export interface RestoreFlags {
  snapshot: string;
  interruptTurn: boolean;
  detach: boolean;
}

/** `restore USER`: put a snapshot in the place of the user's live database. */
export function restore(
  context: CommandContext,
  user: string,
  { snapshot, interruptTurn, detach }: RestoreFlags,
): Promise<ExitCode> {
  return withHost(context, (opened) =>
    carryOut(context, opened, { kind: 'restore', user, snapshot, interruptTurn }, scope, detach),
  );
}

/** `undo OPERATION [USER…]`: put back what a restore, or a rollback, replaced. */
export function undo(
  context: CommandContext,
  operation: number,
  users: string[],
  { interruptTurn, detach }: Omit<RestoreFlags, 'snapshot'>,
): Promise<ExitCode> {
  return withHost(context, (opened) =>
    carryOut(
      context,
      opened,
      { kind: 'undo', operation, interruptTurn, ...(users.length === 0 ? {} : { users }) },
      scope,
      detach,
    ),
  );
}

/** `restart USER…`: snapshot, stop, start, and prove that it works. */
export function restart(
  context: CommandContext,
  users: readonly string[],
  { detach }: { detach: boolean },
): Promise<ExitCode> {
  return withHost(context, (opened) =>
    carryOut(context, opened, { kind: 'restart', users: [...users] }, scope, detach),
  );
}

/** `drain`: the restarts that are owed, of everybody who is idle now. */
export function drain(context: CommandContext, { detach }: { detach: boolean }): Promise<ExitCode> {
  const { io, options } = context;
  return withHost(context, async (opened) => {
    try {
      return await carryOut(context, opened, { kind: 'drain' }, scope, detach);
    } catch (error) {
      if (!(error instanceof NothingToDo) || error.leftOut.some(({ harmless }) => !harmless)) throw error;
      const { leftOut } = error;
      if (options.json) io.out(jsonDocument({ operation: null, leftOut }));
      else if (leftOut.length === 0) io.out('no restart is owed to anybody\n');
      else
        io.out(
          `nobody can be restarted now:\n${leftOut.map(({ user, reason }) => `  ${user}: ${reason}\n`).join('')}`,
        );
      return exit.done;
    }
  });
}
