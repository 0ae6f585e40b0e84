import { expand } from '../config/expand.ts';
import type { Config } from '../config/schema.ts';
import { failureText } from '../host/commands.ts';
import type { Host } from '../host/host.ts';
import { excerpt } from '../text/printable.ts';
import { choiceOf, everybodysBinary, readLauncher } from './launcher.ts';
import { parseVersionOutput } from './version.ts';

/**
 * What a t3 binary says it is. Costs 1.75 CPU seconds (docs/t3-contract.md, command line); run as `nobody`, because
 * asking for a version needs no rights.
 */
export async function askVersion(
  binary: string,
  host: Host,
  config: Config,
): Promise<{ version: string } | { problem: string }> {
  const nobody = (await host.accounts.byName(['nobody'])).get('nobody');
  if (nobody === undefined) return { problem: 'there is no user nobody to run it as' };
  const result = await host.commands.run([binary, '--version'], {
    ...(process.getuid?.() === 0 ? { as: nobody } : {}),
    timeout: config.limits.t3Timeout,
    maxOutput: 64 * 1024,
    family: true,
  });
  const failure = failureText(result);
  if (failure !== undefined) return { problem: failure };
  const version = parseVersionOutput(result.stdout);
  return version === undefined
    ? { problem: `${binary} --version printed "${excerpt(result.stdout, 40)}"` }
    : { version };
}

/**
 * Finds the t3 of exactly one version: in its own prefix, else the global one where that is it. Never another: a newer
 * command line would migrate the database of a running older server (docs/t3-contract.md, command line). Each binary
 * is asked once what it is, and again when its file has changed.
 */
export class Binaries {
  readonly #host: Host;
  readonly #config: Config;
  readonly #known = new Map<string, { fingerprint: string; version: string }>();

  constructor(host: Host, config: Config) {
    this.#host = host;
    this.#config = config;
  }

  /** The version of the global binary now; with the launcher, of whoever has none of their own. */
  async installed(): Promise<{ version: string } | { problem: string }> {
    return this.#versionOf(await everybodysBinary(this.#host, this.#config));
  }

  /** The version that this user's server is started as now, and that the dispatch mints with for them. */
  async startedFor(user: string): Promise<{ version: string } | { problem: string }> {
    const launcher = await readLauncher(this.#host, this.#config);
    const own = launcher.kind === 'whole' && launcher.chosen.has(user);
    return own ? this.#versionOf(choiceOf(this.#config, user)) : this.installed();
  }

  /** The t3 of this version, or why there is none to be trusted. */
  async of(version: string): Promise<{ binary: string } | { problem: string }> {
    const { paths } = this.#config;
    const own = expand(paths.versionBinary, { version });
    const problems: string[] = [];
    for (const binary of [own, paths.binary]) {
      const found = await this.#versionOf(binary);
      if ('version' in found && found.version === version) return { binary };
      problems.push('version' in found ? `${binary} is ${found.version}` : found.problem);
    }
    return { problem: `no t3 ${version} at hand: ${problems.join('; ')}` };
  }

  async #versionOf(binary: string): Promise<{ version: string } | { problem: string }> {
    const facts = await this.#host.files.lookThrough(binary);
    if (facts === undefined) return { problem: `${binary}: no such file` };
    // It will run as users: what others than its owner may write to is nobody's version.
    if ((facts.mode & 0o022) !== 0) return { problem: `${binary} may be written by others` };
    const known = this.#known.get(binary);
    if (known?.fingerprint === facts.fingerprint) return { version: known.version };
    const asked = await askVersion(binary, this.#host, this.#config);
    if ('version' in asked)
      this.#known.set(binary, { fingerprint: facts.fingerprint, version: asked.version });
    return asked;
  }
}
