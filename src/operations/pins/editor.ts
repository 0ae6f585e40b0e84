import { expand } from '../../config/expand.ts';
import type { Config } from '../../config/schema.ts';
import type { PinReading } from '../../fleet/pins.ts';
import type { Account } from '../../host/account.ts';
import { failureText } from '../../host/commands.ts';
import type { Host } from '../../host/host.ts';
import { entryCommand } from '../../host/program.ts';
import { excerpt } from '../../text/printable.ts';
import { editAnswerSchema, type EditAnswer, type EditRequest } from './editing.ts';

/**
 * Have the editor, in a process of its own, move or look at the pin of one file.
 *
 * @param account Whose file it is; undefined for one of the host's own.
 * @throws when what it answered cannot be read.
 */
export async function runEditor(
  host: Host,
  config: Config,
  account: Account | undefined,
  request: Omit<EditRequest, 'maxSize'>,
): Promise<EditAnswer> {
  const result = await host.commands.run(entryCommand('editor'), {
    ...(account === undefined ? {} : { as: account }),
    input: JSON.stringify({ ...request, maxSize: config.limits.fileSize } satisfies EditRequest),
    timeout: config.limits.commandTimeout * 2,
    family: true,
  });
  const failure = failureText(result);
  if (failure !== undefined)
    return { problem: `${request.file}: the editor failed: ${excerpt(result.stderr || failure)}` };
  return editAnswerSchema.parse(JSON.parse(result.stdout));
}

/**
 * What stands in the way of moving the pins, looked at before minutes are spent on judging a version. The steps ask
 * again: an hour may lie between.
 *
 * @returns in words, the first thing found; undefined for nothing.
 */
export async function pinObstacle(
  host: Host,
  config: Config,
  administrator: Account | undefined,
  readings: readonly PinReading[],
  to: string,
): Promise<string | undefined> {
  const home = administrator?.home ?? '/nonexistent';
  for (const { file, pin, copy } of readings) {
    if (pin === undefined) continue;
    const from = pin.kind === 'version' ? pin.version : '';
    const variable = config.pins.find((each) => expand(each.file, { home }) === file)?.variable ?? 'T3_PIN';
    const base = copy ? '/' : home;
    const about = { file, base, variable, from, to, clean: true, dry: true };
    const answer = await runEditor(host, config, copy ? undefined : administrator, about);
    if ('problem' in answer) return excerpt(answer.problem);
  }
  return undefined;
}
