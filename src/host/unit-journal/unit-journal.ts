/** What a journal has of one unit at one moment: what the unit wrote, or what its supervisor says of it. */
export interface UnitRecord {
  /** Milliseconds since 1970. */
  at: number;
  unit: string;
  /**
   * Who wrote it is told by what the journal itself knows, whatever the text says. `line`: the unit. All else is its
   * supervisor's word. `failed`: it came to an end that is no success. `out of memory`: the kernel killed a process of
   * it for want of memory, which need not have ended it. `said`: anything more.
   */
  kind: 'started' | 'ended' | 'failed' | 'out of memory' | 'said' | 'line';
  /** Which run of the unit it belongs to; undefined where the journal does not say. */
  invocation: string | undefined;
  /** What was written, in one line: fit to be shown, and without secrets. */
  text?: string;
}

/** A record of a log that people read; `at` is undefined where nobody wrote it down. */
export type LogRecord = Omit<UnitRecord, 'at'> & { at: number | undefined };

/**
 * What the units of a host have written, and what was done with them: the only way to that, for the screen, for `logs`
 * and for what is judged by it.
 */
export interface UnitJournal {
  /**
   * What was done with these units in a span of time, oldest first, and of those in `linesOf` what they wrote as well;
   * where there is more than `most`, the newest. A unit that writes much takes nobody else's place who is not in
   * `linesOf`.
   *
   * @param span Milliseconds since 1970.
   * @throws when the journal cannot be read: not being allowed to read is not the same as nothing having happened.
   */
  read(
    units: readonly string[],
    linesOf: readonly string[],
    span: { since: number; until?: number },
    most: number,
  ): Promise<UnitRecord[]>;
  /** Tell the lines of one unit as they come, from a moment on. Never throws; tells nothing where it cannot. */
  follow(unit: string, since: number, told: (record: UnitRecord) => void): JournalFollower;
  /**
   * The log of one unit, as people read it: all that it wrote and that was said of it. Records are read as they are asked
   * for: whoever is slow slows the reading down, and nothing piles up.
   *
   * @throws while it is iterated, when the log cannot be read.
   */
  log(unit: string, options: LogOptions): AsyncGenerator<LogRecord, void>;
}

export interface LogOptions {
  /** How many of the newest records come first. */
  lines: number;
  /** None from before; milliseconds since 1970. */
  since?: number;
  /** Then, those that come, until the signal. */
  follow: boolean;
  /** Ends the reading, also while nothing comes. */
  signal: AbortSignal;
}

export interface JournalFollower {
  /** Ends it when all that was written until now has been told. */
  finish(): Promise<void>;
}
