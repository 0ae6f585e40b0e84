import { withHost, type CommandContext } from './context.ts';
import type { ExitCode } from './exit.ts';
import { carryOut } from './request.ts';

/** `preflight VERSION`: fetch it and judge it; nothing else changes. */
export function preflight(
  context: CommandContext,
  version: string,
  { detach }: { detach: boolean },
): Promise<ExitCode> {
  return withHost(context, (opened) =>
    carryOut(context, opened, { kind: 'preflight', version }, { versions: true, readers: true }, detach),
  );
}
