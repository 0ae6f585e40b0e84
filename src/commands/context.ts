import { loadConfig, type LoadedConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { emptyJournal } from '../fleet/journal-facts.ts';
import { FleetObserver } from '../fleet/observer.ts';
import { openHost, type Host } from '../host/host.ts';
import type { Sqlite } from '../host/sqlite.ts';
import { journalPath, JournalProblem, openJournalReadOnly } from '../journal/journal.ts';
import { journalFacts } from '../journal/facts.ts';
import { cutOffOperations, type CutOff } from '../operations/cut-off.ts';
import { cutOffText } from '../view/operation.ts';
import type { Io } from './io.ts';

/** The flags that every command takes. */
export interface GlobalOptions {
  config?: string;
  set: string[];
  json: boolean;
  readOnly: boolean;
  dryRun: boolean;
  yes: boolean;
  /** Where the request comes from, for the journal. */
  surface: string;
  /** Milliseconds. */
  timeout?: number;
}

/** What a command works with. */
export interface CommandContext {
  io: Io;
  options: GlobalOptions;
  /** Why this only looks, where somebody was asked to be root and is not; undefined otherwise. */
  unprivileged?: string;
}

export function loadConfigFor({ io, options }: CommandContext): LoadedConfig {
  const set = options.readOnly ? [...options.set, 'readOnly=true'] : options.set;
  return loadConfig({ file: options.config, set, environment: io.environment });
}

/** The host and, where it can be read, the journal; both closed afterwards. */
export interface Opened {
  config: Config;
  host: Host;
  /** Undefined where nothing was ever recorded, or where this user may not read it. */
  journal: Sqlite | undefined;
  /** Why there is no journal, when that is more than "nothing recorded yet", or why it cannot be read. */
  journalProblem: string | undefined;
  /** What was cut off, and was said already. */
  cutOff: readonly CutOff[];
}

export async function withHost<Result>(
  context: CommandContext,
  work: (opened: Opened) => Promise<Result>,
): Promise<Result> {
  const { config } = loadConfigFor(context);
  const host = openHost(config);
  const { journal, ...opened } = openForReading(config);
  let { problem } = opened;
  try {
    let cutOff: readonly CutOff[] = [];
    try {
      if (journal !== undefined) cutOff = await cutOffOperations(journal, host);
    } catch (error) {
      // A damaged journal: whoever needs it fails with these words, and doctor and status go on without it.
      problem = `${journalPath(config.paths.state)}: ${error instanceof Error ? error.message : String(error)}`;
    }
    for (const each of cutOff)
      context.io.err(
        `t3-cockpit: ${cutOffText(each)}. ${
          each.undecided
            ? `It needs a decision: t3-cockpit operations resume ${each.operation.id}, or rollback ${each.operation.id}`
            : 'The next operation clears up after it; or: t3-cockpit operations --recover'
        }\n`,
      );
    return await work({ config, host, journal, journalProblem: problem, cutOff });
  } finally {
    journal?.close();
    await host.close();
  }
}

/** The journal for reading; one that is not there yet is no problem. */
export function openForReading(config: Config): { journal: Sqlite | undefined; problem: string | undefined } {
  try {
    return { journal: openJournalReadOnly(config.paths.state), problem: undefined };
  } catch (error) {
    if (!(error instanceof JournalProblem)) throw error;
    return { journal: undefined, problem: error.kind === 'absent' ? undefined : error.message };
  }
}

export function observerFor({ host, config, journal }: Opened, io: Io): FleetObserver {
  return new FleetObserver({
    host,
    config,
    environment: io.environment,
    journal: journal === undefined ? emptyJournal : journalFacts(journal),
  });
}
