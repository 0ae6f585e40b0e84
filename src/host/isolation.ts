import path from 'node:path';
import type { Account } from './account.ts';
import { failureText, type CommandResult, type Commands } from './commands.ts';
import { entryCommand } from './program.ts';

/** How to run a program that nobody is to reach, and that is to reach nobody. */
export interface IsolationOptions {
  /** Who it runs as, for good. */
  account: Account;
  /** Names this run, so that a later process can end it (letters, digits, dashes). */
  name: string;
  /** The one folder that it may write to. */
  writes: string;
  /** Milliseconds. */
  timeout: number;
  /** Bytes, of the program and all that it starts. */
  memory: number;
  input: string;
  onLine: (line: string) => void;
  signal: AbortSignal;
}

/** A network of its own with nothing in it but loopback, and no homes; what that kind of host can do of it. */
export interface Isolation {
  /** @returns how it ended, as of any command. @throws IsolationProblem when it cannot be isolated */
  run(argv: readonly [string, ...string[]], options: IsolationOptions): Promise<CommandResult>;
  /** End what the run of this name has left, whose caller died. @throws when that cannot be told */
  end(name: string): Promise<void>;
  /** What of it is missing here, in words; empty when nothing is. */
  missing(): Promise<string[]>;
}

export class IsolationProblem extends Error {
  override readonly name = 'IsolationProblem';
}

const unitOf = (name: string) => `${name}.service`;

/** Folders that are hidden from what is isolated; what the program itself needs of them is shown. */
const hidden = ['/home', '/root', '/run/user'];

/** By a transient unit (systemd-run(1), systemd.exec(5)). It does not end with its caller: see `end`. */
export function systemdIsolation(commands: Commands, patience: number): Isolation {
  return {
    async run(argv, { account, name, writes, timeout, memory, ...rest }) {
      const needed = [process.execPath, path.dirname(path.dirname(entryCommand('gate')[1] ?? '')), ...argv];
      const shown = needed.filter((each) => hidden.some((folder) => each.startsWith(`${folder}/`)));
      const result = await commands.run(
        [
          'systemd-run',
          '--quiet',
          '--pipe',
          '--wait',
          '--collect',
          '--no-ask-password',
          `--unit=${unitOf(name)}`,
          `--description=t3-cockpit gate ${name}`,
          '--property=Type=exec',
          '--property=PrivateNetwork=yes',
          '--property=PrivateTmp=yes',
          '--property=PrivateDevices=yes',
          '--property=ProtectHome=tmpfs',
          '--property=ProtectSystem=strict',
          '--property=NoNewPrivileges=yes',
          '--property=KillMode=control-group',
          `--property=ReadWritePaths=${quoted(writes)}`,
          ...shown.map((each) => `--property=BindReadOnlyPaths=${quoted(each)}`),
          `--property=MemoryMax=${memory}`,
          '--property=MemorySwapMax=0',
          '--property=TasksMax=512',
          `--property=RuntimeMaxSec=${Math.ceil(timeout / 1000)}`,
          '--property=WorkingDirectory=/',
          '--property=UMask=0077',
          '--',
          'setpriv',
          `--reuid=${account.uid}`,
          `--regid=${account.gid}`,
          '--clear-groups',
          '--no-new-privs',
          '--',
          ...argv,
        ],
        { ...rest, timeout: timeout + patience, family: true, maxOutput: 4 * 1024 * 1024 },
      );
      // It was cut off, and its unit goes on.
      if (result.failure !== undefined) await this.end(name);
      return result;
    },

    async end(name) {
      const result = await commands.run(['systemctl', 'stop', '--', unitOf(name)], { timeout: patience });
      const failure = failureText(result);
      if (failure !== undefined && !/not loaded|not found/i.test(result.stderr))
        throw new IsolationProblem(`${unitOf(name)} could not be ended: ${failure}`);
    },

    missing: () => Promise.resolve([]),
  };
}

/**
 * By unshare(1), as far as this machine lets the caller. A simulation for the sandbox, where there is nothing to protect:
 * without it, the program runs as everything else of the sandbox does, on loopback.
 */
export function sandboxIsolation(commands: Commands, patience: number): Isolation {
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const apart = [
    'unshare',
    ...user,
    '--net',
    '--',
    'sh',
    '-c',
    'ip link set lo up && exec "$@"',
    'sh',
  ] as const;
  let able: Promise<boolean> | undefined;
  const isAble = () =>
    (able ??= commands
      .run([...apart, 'true'], { timeout: patience })
      .then((result) => failureText(result) === undefined));
  return {
    async run(argv, { timeout, account, memory, ...rest }) {
      return commands.run((await isAble()) ? [...apart, ...argv] : [...argv], {
        ...rest,
        as: account,
        timeout,
        // It dies with whoever started it.
        ceilings: { cpu: timeout / 1000, memory, engines: 8 },
        family: true,
        maxOutput: 4 * 1024 * 1024,
      });
    },

    end: () => Promise.resolve(),

    missing: async () => ((await isAble()) ? [] : ['a network of its own (unshare)']),
  };
}

/** A path in a unit's property, where blanks and percent signs have a meaning (systemd.syntax(7)). */
function quoted(file: string): string {
  if (/["\\\n]/.test(file)) throw new IsolationProblem(`${file}: cannot be named in a unit`);
  return `"${file.replaceAll('%', '%%')}"`;
}
