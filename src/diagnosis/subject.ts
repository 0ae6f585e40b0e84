import type { Config } from '../config/schema.ts';
import type { Fleet, Instance } from '../fleet/fleet.ts';
import { valueOf } from '../fleet/observation.ts';
import type { Host } from '../host/host.ts';
import { doorCommand } from '../host/program.ts';
import type { Sqlite } from '../host/sqlite.ts';
import { run, runLine, say, shellLine, type Finding, type Remedy } from './finding.ts';

/** What a check looks at. */
export interface Diagnosing {
  host: Host;
  config: Config;
  /** The file that the configuration was read from, if any. */
  configFile: string | undefined;
  /** Looked at just now. */
  fleet: Fleet;
  /** The environment that this program was started in. */
  environment: Readonly<Record<string, string | undefined>>;
  /** Who runs this. */
  uid: number;
  journal: Sqlite | undefined;
  /** Why there is no journal, when that is more than "nothing recorded yet". */
  journalProblem: string | undefined;
}

/** Looks at one thing; what it cannot find out it says, or throws. Changes nothing. */
export type Check = (diagnosing: Diagnosing) => Finding[] | Promise<Finding[]>;

/** A part of the host, and what is looked at in it, each by a name that a failed check is reported under. */
export interface Subject {
  name: string;
  checks: Readonly<Record<string, Check>>;
}

/** Who owns what belongs to the host: root, or whoever runs the sandbox. */
export function hostOwner({ config, uid }: Diagnosing): { uid: number; name: string } {
  return config.sandbox === undefined ? { uid: 0, name: 'root' } : { uid, name: String(uid) };
}

/** May this process look into what is closed to all but its owner? */
export function seesAll({ config, uid }: Diagnosing): boolean {
  return uid === 0 || config.sandbox !== undefined;
}

/** What to do where only root can tell: this program again, by what makes an admin root here. */
export function asRoot(diagnosing: Diagnosing): Remedy {
  const { privilege } = diagnosing.config;
  const argv = own(diagnosing, 'doctor');
  return privilege === 'none' ? run(argv, 'as root') : run([privilege, ...argv]);
}

/** The argv of this very program, on this very configuration. */
export function own({ configFile }: Diagnosing, ...args: string[]): string[] {
  return doorCommand(...(configFile === undefined ? [] : ['--config', configFile]), ...args);
}

/**
 * A systemctl command as a remedy. A sandbox's supervisor has no such command, and the instance that hosts this session
 * is not to be stopped from within: then words have to do.
 */
export function systemctl(
  diagnosing: Diagnosing,
  args: readonly string[],
  words = '',
  instance?: Instance,
): Remedy {
  const meant = `systemctl ${args.join(' ')}`;
  const full = words === '' ? '' : `${words}: `;
  if (diagnosing.config.sandbox !== undefined) return say(`${full}${meant} (in a sandbox: none)`);
  const hosting = instance === undefined ? undefined : valueOf(instance.hosting);
  if (instance !== undefined && hosting?.hosts !== false)
    return say(`${full}${meant}, but not from here: it may host this session; from ssh`);
  return run(['systemctl', ...args], words);
}

/** Restart an instance, with a backup before it: a start may migrate the database, which cannot be taken back. */
export function backupAndRestart(diagnosing: Diagnosing, instance: Instance, words: string): Remedy {
  const restart = systemctl(diagnosing, ['restart', instance.unitName], words, instance);
  if (restart.command === '') return restart;
  const backup = shellLine(own(diagnosing, 'backup', instance.user));
  return runLine(`${backup} && ${restart.command}`, restart.words);
}
