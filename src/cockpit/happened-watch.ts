import type { Config } from '../config/schema.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Host } from '../host/host.ts';
import type { Sqlite } from '../host/sqlite.ts';
import { openJournal, openJournalReadOnly } from '../journal/journal.ts';
import { lookAtHappened, rememberLook, type Told } from '../operations/happened.ts';

/** How often it is looked what the jobs of the host have done, milliseconds. */
const interval = 60_000;

/** How often it is asked whether the fleet was looked at by now, milliseconds. */
const soon = 500;

/** How long whoever records a look waits for somebody else who writes, milliseconds: a frame waits as well. */
const patience = 50;

/** Finds out what happened without the cockpit while it is open, and writes down that somebody has read it. */
export class HappenedWatch {
  readonly #host: Host;
  readonly #config: Config;
  readonly #fleet: () => Fleet;
  readonly #told: (told: Told | undefined) => void;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** @param told Undefined once it was read. */
  constructor(host: Host, config: Config, fleet: () => Fleet, told: (told: Told | undefined) => void) {
    this.#host = host;
    this.#config = config;
    this.#fleet = fleet;
    this.#told = told;
  }

  start(): void {
    this.#again(soon);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Somebody has read it: from here on it is new. */
  read(): void {
    if (this.#config.readOnly) return;
    this.#record();
    void this.#look();
  }

  #again(after: number): void {
    clearTimeout(this.#timer);
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#look(), after);
  }

  async #look(): Promise<void> {
    const fleet = this.#fleet();
    if (!isLookedAt(fleet)) return this.#again(soon);
    const journal = this.#open();
    try {
      const told = await lookAtHappened({ host: this.#host, config: this.#config, journal }, fleet);
      // Nobody has looked before: as it is now it counts as seen.
      if (told.first && !this.#config.readOnly) this.#record();
      if (!this.#stopped) this.#told(told);
    } catch {
      // A journal that cannot be read is said above the grid already, by whoever reads it for operations.
      this.#told(undefined);
    } finally {
      journal?.close();
    }
    this.#again(interval);
  }

  #open(): Sqlite | undefined {
    try {
      return openJournalReadOnly(this.#config.paths.state);
    } catch {
      // Nothing was ever recorded here, or it is not ours to read: then nothing was seen before.
      return undefined;
    }
  }

  #record(): void {
    try {
      const journal = openJournal(this.#config.paths.state, false, patience);
      try {
        rememberLook(journal, this.#fleet(), this.#host.clock.now());
      } finally {
        journal.close();
      }
    } catch {
      // Not allowed to, or somebody else writes just now: it is told once more.
    }
  }
}

/** Is all known, or known to be unknown, that is compared with the last look? */
const isLookedAt = ({ installed, pins, freeze, userMap, instances }: Fleet) =>
  [installed, pins, freeze, userMap, ...instances.flatMap(({ liveness, unit }) => [liveness, unit])].every(
    ({ kind }) => kind !== 'pending',
  );
