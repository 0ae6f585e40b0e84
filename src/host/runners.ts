import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { bootId } from './clock.ts';
import { failureText, minimalEnvironment, type Commands } from './commands.ts';
import type { Processes } from './processes.ts';

/** Where a runner runs: enough to tell, from any later process, whether anything of it still lives. */
export type RunnerPlace =
  | { kind: 'unit'; unit: string; boot: string }
  | { kind: 'group'; group: number; cookie: string; boot: string };

export interface Runners {
  /**
   * Start an argv that outlives this process, its terminal and its control group. Resolves once it has started.
   *
   * @param afterwards What is to be run when it has ended otherwise than well, however it died. A sandbox has nobody to
   *   do so: there the next runner does what is left.
   */
  launch(
    name: string,
    argv: readonly [string, ...string[]],
    afterwards: readonly [string, ...string[]],
  ): Promise<RunnerPlace>;
  /** The place of this process, when it is the runner that was launched under that name. */
  here(name: string): RunnerPlace;
  /** Does any process of that runner still live, the runner itself or an orphan of it? Rejects when that cannot be told. */
  lives(place: RunnerPlace): Promise<boolean>;
}

/** How long systemd lets a stopped runner finish the step that must not be cut. */
const stopTimeout = '10min';

/** Marks every process of a sandbox's runner, because the number of a process group may be given anew. */
export const runnerCookieVariable = 'T3_SANDBOX_RUNNER';

/** A transient unit by systemd-run(1): a control group of its own, outside every session and every instance. */
export function systemdRunners(commands: Commands, timeout: number): Runners {
  return {
    async launch(name, argv, afterwards) {
      const unit = `${name}.service`;
      const result = await commands.run(
        [
          'systemd-run',
          '--quiet',
          '--collect',
          '--no-ask-password',
          `--unit=${unit}`,
          `--description=t3-cockpit operation runner ${name}`,
          // Started means executed: a Node that cannot be found is an error here, not a silent failure later.
          '--property=Type=exec',
          // Whatever a runner has left behind is killed at once, not asked: a process of a user's among it could say no, and
          // hold every operation of the host off for as long as systemd has patience. The runner itself is asked.
          '--property=KillMode=mixed',
          '--property=OOMPolicy=continue',
          `--property=TimeoutStopSec=${stopTimeout}`,
          '--property=WorkingDirectory=/',
          '--property=UMask=0077',
          `--property=ExecStopPost=${unlessWell(afterwards)}`,
          '--',
          ...argv,
        ],
        { timeout },
      );
      const failure = failureText(result);
      if (failure !== undefined)
        throw new Error(`the runner could not be started: ${failure}: ${result.stderr.trim()}`);
      return this.here(name);
    },

    here: (name) => ({ kind: 'unit', unit: `${name}.service`, boot: bootId() }),

    async lives(place) {
      if (place.kind !== 'unit') throw new Error('this operation was not started under systemd');
      if (place.boot !== bootId()) return false;
      const result = await commands.run(
        ['systemctl', 'show', '--property=LoadState,ActiveState', '--', place.unit],
        { timeout },
      );
      const failure = failureText(result);
      const active = /^ActiveState=(\S+)$/m.exec(result.stdout)?.[1];
      if (failure !== undefined || active === undefined)
        throw new Error(`cannot tell whether ${place.unit} lives: ${failure ?? 'no answer'}`);
      // "deactivating": the main process is dead, but its control group is not empty yet.
      return active !== 'inactive' && active !== 'failed';
    },
  };
}

/** A command line for systemd (systemd.service(5)): it puts $SERVICE_RESULT into the environment, and reads `$$` as `$`. */
function unlessWell(argv: readonly string[]): string {
  const words = argv.map((word) => `"${word.replace(/[\\"]/g, '\\$&').replaceAll('$', '$$$$')}"`);
  return `/bin/sh -c '[ "$$SERVICE_RESULT" = success ] || exec "$$@"' sh ${words.join(' ')}`;
}

/**
 * A detached session (and so process group) of its own: the sandbox's runner. It writes its last words to `log`.
 */
export function detachedRunners(processes: Processes, log: string): Runners {
  return {
    async launch(name, argv) {
      const [file, ...args] = argv;
      const cookie = `${name}-${Date.now().toString(36)}-${process.pid}`;
      const output = openSync(log, 'a', 0o600);
      try {
        const child = spawn(file, args, {
          cwd: '/',
          detached: true,
          stdio: ['ignore', output, output],
          env: { ...minimalEnvironment, [runnerCookieVariable]: cookie },
        });
        const pid = await new Promise<number>((resolve, reject) => {
          child.once('error', reject);
          child.once('spawn', () => resolve(child.pid ?? 0));
        });
        child.unref();
        return { kind: 'group', group: pid, cookie, boot: bootId() };
      } finally {
        closeSync(output);
      }
    },

    here: () => ({
      kind: 'group',
      group: process.pid,
      cookie: process.env[runnerCookieVariable] ?? '',
      boot: bootId(),
    }),

    async lives(place) {
      if (place.kind !== 'group') throw new Error('this operation was not started in a sandbox');
      if (place.boot !== bootId()) return false;
      const members = await processes.inGroup(place.group);
      const cookies = await Promise.all(
        members.map((member) => processes.variable(member.pid, runnerCookieVariable)),
      );
      return cookies.includes(place.cookie);
    },
  };
}
