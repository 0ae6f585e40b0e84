import type { Saved } from './saved-reports.ts';
import type { Asking, Choice, Comparison, Preview } from './asking.ts';

/** The number of the operation that runs now, or why none does; words where it was none that was asked for. */
export type Asked = { operation: number } | { problem: string } | { said: string };

/** One thing that doctor has looked at, and what to do about it. */
export interface DiagnosedFact {
  group: string;
  subject: string;
  verdict: 'ok' | 'attention' | 'wrong' | 'unknown';
  found: string;
  remedy: string;
  /** A line for sh(1) that does it. */
  command: string | null;
}

/** What doctor has found, or why it could not look. */
export type Diagnosis = { findings: readonly DiagnosedFact[] } | { problem: string };

/** What the cockpit has others do; each answers in words for the foot of the screen. */
export interface Effects {
  /** Ask for a backup, of everybody without users. Resolves once it runs, with its number. */
  backup(users: readonly string[]): Promise<Asked>;
  /** Ask for the handshake, of everybody without users. */
  probe(users: readonly string[], automatic?: boolean): Promise<Asked>;
  /** Ask for what a verification needs. */
  verify(): Promise<Asked>;
  /** Have a user's snapshots read, and tried. */
  readSnapshots(user: string): Promise<Asked>;
  /** The plan of something, nothing done. */
  preview(asking: Asking): Promise<Preview>;
  /** Do what was agreed to. `interruptTurn`: a turn in flight may be cut off; that was part of the agreement. */
  carryOut(asking: Asking, interruptTurn: boolean): Promise<Asked>;
  /** How much work a user's database holds now. */
  compare(user: string): Promise<Comparison>;
  /** What the package source has. */
  versions(): Promise<Choice>;
  /** Is this host laid out as configured; takes a while. */
  doctor(): Promise<Diagnosis>;
  /** Clear up after what was cut off. */
  recover(): Promise<Asked>;
  /** Ask an operation to stop. */
  stop(operation: number): Promise<string>;
  /** Write all that the journal has of an operation to a file, as text. */
  saveReport(operation: number): Promise<Saved | { problem: string }>;
  redraw(): void;
  /** Give the terminal back to the shell, until it continues us. */
  suspend(): void;
}
