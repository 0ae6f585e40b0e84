/**
 * The conversation with the keeper, a process that has dropped to the owner and holds databases closed to everybody
 * else until it is ended: one request a line, one answer a line.
 */

export interface HoldRequest {
  path: string;
  /** The folder (the home) below which no link is followed. */
  home: string;
  /** Fold the write-ahead log in, after a check that it may be. */
  fold: boolean;
  /** Milliseconds to wait for others to let go of it. */
  patience: number;
}

/** `whole: false`: damaged; it is held as far as that goes, and nothing of it was changed. */
export type Held = { whole: true } | { whole: false; problem: string };

export type HoldAnswer = { held: Held } | { problem: string };
