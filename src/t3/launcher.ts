import path from 'node:path';
import { expand } from '../config/expand.ts';
import type { Config } from '../config/schema.ts';
import type { Host } from '../host/host.ts';
import { parseVersion } from './version.ts';

/**
 * The launcher: a small program in the place of the global t3 that starts the version which belongs to whoever calls it.
 * A server and all that mints for it are then of one version, whatever is installed for others: without it, from an
 * install to a user's restart, a page visit migrates their database under the old server (docs/launcher.md).
 */
export type Launcher =
  /** This host has none. */
  | { kind: 'none' }
  | { kind: 'whole'; chosen: ReadonlyMap<string, string> }
  /** It was here, and something else is in its place: users' versions do not count any more. */
  | { kind: 'replaced' };

export const noLauncher: Launcher = { kind: 'none' };

/** Where it keeps whose version is which: a link each, and one for everybody else. */
export function placesOf({ paths }: Config): { users: string; everybody: string } {
  return { users: path.join(paths.chosen, 'users'), everybody: path.join(paths.chosen, 'default') };
}

/** The link that says which version is a user's. */
export function choiceOf(config: Config, user: string): string {
  return path.join(placesOf(config).users, user);
}

/**
 * The program itself. Who calls is told by the kernel. Root acts for others: for it the owner of the folder counts that it
 * names. A user without a version of their own gets everybody's; a version that is not there is an error, never another.
 */
export function launcherText(config: Config): string {
  const { users, everybody } = placesOf(config);
  return `#!/bin/sh
# t3-cockpit launcher 1: starts the t3 that belongs to whoever calls it.
# To see whose is which: t3-cockpit launcher. To take it away: t3-cockpit launcher remove.
users=${quoted(users)}
everybody=${quoted(everybody)}
${config.sandbox === undefined ? whoCalls : whoCallsInSandbox}
if [ ! -d "$users" ]; then
  echo "t3: $users is not there: t3-cockpit launcher install" >&2
  exit 69
fi
chosen="$everybody"
if [ -n "$user" ] && [ -L "$users/$user" ]; then chosen="$users/$user"; fi
program=$(readlink "$chosen") || exit 69
exec "$program" "$@"
`;
}

const whoCalls = `user=$(id -un) || exit 69
if [ "$user" = root ]; then
  before=
  for each in "$@"; do
    folder=
    case "$before" in --base-dir) folder="$each" ;; esac
    case "$each" in --base-dir=*) folder="\${each#--base-dir=}" ;; esac
    if [ -n "$folder" ] && [ -e "$folder" ]; then user=$(stat -c %U -- "$folder") || exit 69; fi
    before="$each"
  done
fi`;

/** In a sandbox all users are one OS user: they differ by their homes. */
const whoCallsInSandbox = 'user="${HOME##*/}"';

const quoted = (words: string) => `'${words.replaceAll("'", `'\\''`)}'`;

/** Longer than any version of it. Bytes. */
const longest = 64 * 1024;

/** Whether this host has the launcher, and whose version is which. @throws FileProblem */
export async function readLauncher({ files, trees }: Host, config: Config): Promise<Launcher> {
  const { users, everybody } = placesOf(config);
  if ((await files.look(everybody)) === undefined) return noLauncher;
  const binary = await files.look(config.paths.binary);
  const whole =
    binary?.kind === 'file' &&
    binary.size <= longest &&
    (await files.read(config.paths.binary, longest)) === launcherText(config);
  if (!whole) return { kind: 'replaced' };
  const chosen = new Map<string, string>();
  for (const user of await trees.names(users)) {
    const target = await trees.leadsTo(path.join(users, user));
    const version = target === undefined ? undefined : versionOf(config, target);
    if (version !== undefined) chosen.set(user, version);
  }
  return { kind: 'whole', chosen };
}

/** The version whose own prefix a program lies in. */
function versionOf({ paths }: Config, program: string): string | undefined {
  const [before = '', after = ''] = paths.versionBinary.split('{version}');
  if (!program.startsWith(before) || !program.endsWith(after)) return undefined;
  const version = parseVersion(program.slice(before.length, program.length - after.length));
  return version !== undefined && expand(paths.versionBinary, { version }) === program ? version : undefined;
}

/** What runs where nobody has chosen: what `installed` means. @throws FileProblem */
export async function everybodysBinary(host: Host, config: Config): Promise<string> {
  const launcher = await readLauncher(host, config);
  return launcher.kind === 'whole' ? placesOf(config).everybody : config.paths.binary;
}
