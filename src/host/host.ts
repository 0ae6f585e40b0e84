import type { Config } from '../config/schema.ts';
import { sandboxAccounts, systemAccounts, type Accounts } from './accounts.ts';
import { systemClock, type Clock } from './clock.ts';
import { systemCommands, type Commands } from './commands.ts';
import { systemFiles, type Files } from './files.ts';
import { systemTrees, type Trees } from './trees.ts';
import { systemHttp, type Http } from './http.ts';
import { sandboxProcesses, systemProcesses, type Processes } from './processes.ts';
import { sandboxIsolation, systemdIsolation, type Isolation } from './isolation.ts';
import { detachedRunners, systemdRunners, type Runners } from './runners.ts';
import { systemSockets, type Sockets } from './sockets.ts';
import { holdersOf, type FileIdentity, type Holder } from './holders.ts';
import { sandboxJournal } from './unit-journal/sandbox.ts';
import { systemdJournal } from './unit-journal/systemd.ts';
import type { UnitJournal } from './unit-journal/unit-journal.ts';
import { systemdUnits } from './units/systemd.ts';
import { supervisorUnits } from './units/supervisor.ts';
import type { Units } from './units/units.ts';
import { systemWatch, type Watcher } from './watch.ts';

/** The machine, as far as this program touches it. Tests replace any part of it. */
export interface Host {
  clock: Clock;
  commands: Commands;
  accounts: Accounts;
  files: Files;
  trees: Trees;
  http: Http;
  processes: Processes;
  sockets: Sockets;
  units: Units;
  unitJournal: UnitJournal;
  /** The processes that have one of these files open (holders.ts). */
  holders(files: readonly FileIdentity[]): Promise<Holder[]>;
  runners: Runners;
  isolation: Isolation;
  watch: Watcher;
  close(): Promise<void>;
}

/**
 * The host that a config describes: a real one with systemd, or a sandbox with its supervisor.
 *
 * @param lock The descriptor of the host lock for the children of whoever holds it (see `systemCommands`).
 */
export function openHost(config: Config, lock?: number, cookie?: Readonly<Record<string, string>>): Host {
  const clock = systemClock;
  const commands = systemCommands(lock, cookie);
  const files = systemFiles;
  const http = systemHttp();
  const timeout = config.limits.commandTimeout;
  if (config.sandbox !== undefined) {
    const { root } = config.sandbox;
    const supervisor = supervisorUnits(root, timeout);
    return {
      clock,
      commands,
      files,
      trees: systemTrees,
      http,
      accounts: sandboxAccounts(root),
      processes: sandboxProcesses,
      sockets: systemSockets,
      units: supervisor,
      unitJournal: sandboxJournal(root, commands),
      holders: holdersOf,
      watch: systemWatch,
      isolation: sandboxIsolation(commands, timeout),
      runners: detachedRunners(sandboxProcesses, `${config.paths.state}/runner.log`),
      close: async () => void (await Promise.all([http.close(), supervisor.close()])),
    };
  }
  return {
    clock,
    commands,
    files,
    trees: systemTrees,
    http,
    accounts: systemAccounts(commands, timeout),
    processes: systemProcesses,
    sockets: systemSockets,
    units: systemdUnits(commands, clock, timeout),
    unitJournal: systemdJournal(commands, timeout),
    holders: holdersOf,
    watch: systemWatch,
    runners: systemdRunners(commands, timeout),
    isolation: systemdIsolation(commands, timeout),
    close: () => http.close(),
  };
}
