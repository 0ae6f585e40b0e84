/** What a journal has of one unit at one moment. */
export interface UnitRecord {
  /** Milliseconds since 1970. */
  at: number;
  unit: string;
  /** A line that it wrote; or what its supervisor says of it. `failed`: it came to an end that is no success. */
  kind: 'started' | 'ended' | 'failed' | 'line';
  /** Which run of the unit it belongs to; undefined where the journal does not say. */
  invocation: string | undefined;
  /** Of a line: fit to be shown, and without secrets. */
  text?: string;
}

/** What the units of a host have said, and what was done with them. */
export interface UnitJournal {
  /**
   * The records of these units in a span of time, oldest first; where there are more than `most`, the newest.
   *
   * @param span Milliseconds since 1970.
   * @throws when the journal cannot be read: not being allowed to read is not the same as nothing having happened.
   */
  read(
    units: readonly string[],
    span: { since: number; until?: number },
    most: number,
  ): Promise<UnitRecord[]>;
  /** Tell the lines of one unit as they come, from a moment on. Never throws; tells nothing where it cannot. */
  follow(unit: string, since: number, told: (record: UnitRecord) => void): JournalFollower;
}

export interface JournalFollower {
  /** Ends it when all that was written until now has been told. */
  finish(): Promise<void>;
}
