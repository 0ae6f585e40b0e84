import type { Config } from '../../config/schema.ts';
import type { Host } from '../../host/host.ts';
import { excerpt } from '../../text/printable.ts';
import { fails, holds, type Guard, type Verdict } from './guard.ts';

/** The first line of a freeze file says why. Bytes. */
const longest = 4096;

/** Are versions frozen on this host (docs/host.md, later additions)? That the file exists is what counts. */
export async function judgeFreeze(host: Host, config: Config): Promise<Verdict> {
  const file = config.paths.freeze;
  if ((await host.files.look(file)) === undefined) return holds;
  const reason = await host.files.read(file, longest).then(
    (text) => excerpt(text.split('\n')[0] ?? '', 160),
    () => 'it cannot be read why',
  );
  return fails(`versions are frozen: ${reason}; to change that: t3-cockpit unfreeze (${file})`);
}

/** Nobody moves a version while the host is frozen, but back. */
export const freezeGuard: Guard<{ back?: boolean | undefined }> = {
  name: 'freeze',
  check: ({ host, config }, { back }) => (back === true ? Promise.resolve(holds) : judgeFreeze(host, config)),
};
