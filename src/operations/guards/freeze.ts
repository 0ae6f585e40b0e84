import type { Config } from '../../config/schema.ts';
import { operationOfFreeze } from '../../fleet/freeze.ts';
import type { Host } from '../../host/host.ts';
import { excerpt } from '../../text/printable.ts';
import { fails, holds, type Guard, type Verdict } from './guard.ts';

/** The first line of a freeze file says why. Bytes. */
const longest = 4096;

/**
 * Are versions frozen on this host (docs/host.md, later additions)? That the file exists is what counts.
 *
 * @param operation Whose own freeze, for the time that it moves versions, is none for it.
 */
export async function judgeFreeze(host: Host, config: Config, operation?: number): Promise<Verdict> {
  const freeze = await freezeNow(host, config);
  if (freeze === undefined || (operation !== undefined && freeze.operation === operation)) return holds;
  return fails(
    `versions are frozen: ${freeze.reason}; to change that: t3-cockpit unfreeze (${config.paths.freeze})`,
  );
}

/** Why versions are frozen at this moment, and for the time of which operation; undefined while they are not. */
export async function freezeNow(
  host: Host,
  { paths }: Config,
): Promise<{ reason: string; operation: number | undefined } | undefined> {
  if ((await host.files.look(paths.freeze)) === undefined) return undefined;
  const reason = await host.files.read(paths.freeze, longest).then(
    (text) => excerpt(text.split('\n')[0] ?? '', 160),
    () => 'it cannot be read why',
  );
  return { reason, operation: operationOfFreeze(reason) };
}

/** Nobody moves a version while the host is frozen, but back. */
export const freezeGuard: Guard<{ back?: boolean | undefined }> = {
  name: 'freeze',
  check: ({ host, config, operation }, { back }) =>
    back === true ? Promise.resolve(holds) : judgeFreeze(host, config, operation),
};
