import { expand } from '../config/expand.ts';
import type { Config } from '../config/schema.ts';
import type { Host } from '../host/host.ts';

/**
 * The t3 of exactly this version: the global one where that is it, else the one in its own prefix. Never another: a
 * newer command line would migrate the database of a running older server (docs/t3-contract.md, command line).
 */
export async function binaryOf(
  version: string,
  installed: string | undefined,
  host: Host,
  config: Config,
): Promise<{ binary: string } | { problem: string }> {
  if (version === installed) return { binary: config.paths.binary };
  const binary = expand(config.paths.versionBinary, { version });
  const facts = await host.files.lookThrough(binary);
  if (facts === undefined)
    return {
      problem: `no t3 ${version} at hand (${binary}), and ${installed ?? 'the installed one'} would migrate the database`,
    };
  // Run as a user, but chosen by us: what others can write to is nobody's version.
  if ((facts.mode & 0o022) !== 0) return { problem: `${binary} may be written by others` };
  return { binary };
}
