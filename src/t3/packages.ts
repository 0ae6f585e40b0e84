import path from 'node:path';
import semver from 'semver';
import * as z from 'zod';
import { expand } from '../config/expand.ts';
import type { Config } from '../config/schema.ts';
import { failureText, type CommandResult } from '../host/commands.ts';
import type { Host } from '../host/host.ts';
import { excerpt, publicLine } from '../text/printable.ts';
import { parseVersion } from './version.ts';

/** A version at the package source, and the checksum that its package is said to have. */
export interface Candidate {
  version: string;
  /** `sha512-…`, as npm writes it (Subresource Integrity). */
  integrity: string;
  /** What the package says that it takes when it is unpacked, without what it depends on; 0 where it does not say. */
  bytes: number;
}

/** There is no such version, or the package source does not say. */
export type NoCandidate = { problem: string; reason: 'absent' | 'no answer' };

const integritySchema = z.string().regex(/^sha512-[A-Za-z0-9+/]{86}==$/);
const foundSchema = z.object({
  version: z.string(),
  dist: z.object({ integrity: integritySchema, unpackedSize: z.int().nonnegative().catch(0) }),
});
const listSchema = z.object({
  versions: z.union([z.string().transform((only) => [only]), z.array(z.string())]),
  'dist-tags': z.record(z.string(), z.string()),
});

/** An exact version or a tag (`latest`, `nightly`); nothing that npm would take for a range, a path or a flag. */
const askable = (wanted: string) =>
  parseVersion(wanted) !== undefined || /^[a-z][a-z0-9-]{0,40}$/.test(wanted);

/** How many versions are named where the one that was asked for does not exist. */
const named = 6;

/** Look a version up at the package source. */
export async function findCandidate(
  host: Host,
  config: Config,
  wanted: string,
): Promise<Candidate | NoCandidate> {
  if (!askable(wanted))
    return absent(
      `"${excerpt(wanted, 40)}" is neither a version, like 0.0.24, nor a tag, like latest or nightly`,
    );
  const spec = `${config.package}@${wanted}`;
  const result = await view(host, config, [spec, '--json', 'version', 'dist']);
  const found = foundSchema.safeParse(jsonOf(result)).data;
  if (failureText(result) === undefined && found !== undefined) {
    const version = parseVersion(found.version);
    return version === undefined || (parseVersion(wanted) !== undefined && version !== wanted)
      ? { problem: `the package source answered for ${wanted} with another version`, reason: 'no answer' }
      : { version, integrity: found.dist.integrity, bytes: found.dist.unpackedSize };
  }
  if (!/\bE404\b/.test(`${result.stderr}${result.stdout}`))
    return { problem: sourceProblem(result), reason: 'no answer' };
  return absent(`there is no ${config.package} ${wanted}: ${await whatThereIs(host, config)}`);
}

const absent = (problem: string): NoCandidate => ({ problem, reason: 'absent' });

/** What the package source has. */
export interface Offered {
  /** Newest first. */
  versions: string[];
  /** Which version each tag means, like `latest`. */
  tags: Record<string, string>;
}

/** Ask the package source what it has. */
export async function findOffered(host: Host, config: Config): Promise<Offered | { problem: string }> {
  const result = await view(host, config, [config.package, '--json', 'versions', 'dist-tags']);
  const list = listSchema.safeParse(jsonOf(result)).data;
  if (failureText(result) !== undefined || list === undefined) return { problem: sourceProblem(result) };
  const tags = Object.entries(list['dist-tags']).flatMap(([tag, version]) =>
    askable(tag) && parseVersion(version) !== undefined ? [[tag, version] as const] : [],
  );
  return {
    versions: list.versions
      .flatMap((each) => parseVersion(each) ?? [])
      .toSorted((a, b) => semver.rcompare(a, b)),
    tags: Object.fromEntries(tags),
  };
}

async function whatThereIs(host: Host, config: Config): Promise<string> {
  const offered = await findOffered(host, config);
  if ('problem' in offered) return 'and the package source does not say what there is';
  const tags = Object.entries(offered.tags).map(([tag, version]) => `${tag} is ${version}`);
  return excerpt(
    `${tags.join(', ')}; there are ${offered.versions.slice(0, named).join(', ')} and older ones`,
  );
}

const npmError = 'npm error ';

/** Why npm did not answer, in one line: the one in which it says so itself. */
export function sourceProblem(result: CommandResult): string {
  const lines = result.stderr
    .split('\n')
    .filter((line) => line.startsWith(npmError))
    .map((line) => line.slice(npmError.length));
  const telling = lines.find((line) => !/^(code|errno|syscall|A complete log)/.test(line)) ?? lines[0];
  const words = telling === undefined ? (failureText(result) ?? '') : publicLine(telling);
  return excerpt(`the package source: ${words}`);
}

function jsonOf({ stdout }: CommandResult): unknown {
  try {
    return JSON.parse(stdout);
  } catch {
    // npm says what is wrong on standard error: no document.
    return undefined;
  }
}

/**
 * Only ask: whoever looks, and whatever is only planned, leaves nothing behind, not even in our own folder, which may not
 * be there yet, and which an unprivileged look could not write to.
 */
const view = (host: Host, config: Config, args: readonly string[]): Promise<CommandResult> =>
  host.trees.temporarily((cache) => npm(host, config, ['view', ...args], { cache }));

/**
 * Run npm, with a cache of our own, so that nothing of the caller's decides what is found. What it makes can be read by
 * everybody: a runner's own umask would leave users a t3 that they may not execute.
 */
export function npm(
  host: Host,
  config: Config,
  args: readonly string[],
  {
    cache = path.join(config.paths.state, 'npm-cache'),
    ...options
  }: { cache?: string; timeout?: number; onLine?: (line: string) => void; signal?: AbortSignal } = {},
): Promise<CommandResult> {
  const source = config.packageSource === undefined ? [] : [`--registry=${config.packageSource}`];
  return host.commands.run(
    [
      'sh',
      '-c',
      'umask 022 && exec "$@"',
      'sh',
      config.paths.npm,
      ...args,
      ...source,
      `--cache=${cache}`,
      '--no-audit',
      '--no-fund',
      '--no-update-notifier',
      '--prefer-online',
      '--fetch-retries=1',
      // npm’s own ten seconds are for a build machine; here somebody waits.
      '--fetch-retry-mintimeout=1000',
      '--fetch-retry-maxtimeout=1000',
      '--loglevel=error',
    ],
    { timeout: config.limits.commandTimeout, maxOutput: 16 * 1024 * 1024, family: true, ...options },
  );
}

const binaryBelow = '/bin/t3';

/** Where a version has its own prefix, by the config's `paths.versionBinary`. @throws when that does not end in `/bin/t3` */
export function prefixOf(config: Config, version: string): string {
  const binary = expand(config.paths.versionBinary, { version });
  if (!binary.endsWith(binaryBelow))
    throw new Error(`paths.versionBinary must end in ${binaryBelow}, so that npm can install there`);
  return binary.slice(0, -binaryBelow.length);
}
