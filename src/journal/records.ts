import type { RunnerPlace } from '../host/runners.ts';

/** How an operation, or a user's part in it, ended. `rolled back` and `failed` always say in which state each user is. */
export type Outcome = 'succeeded' | 'rolled back' | 'failed' | 'refused' | 'interrupted';

/** `requested`: written down, the runner has not taken it up. `running`: a runner has, or had. `ended`: has an outcome. */
export type OperationState = 'requested' | 'running' | 'ended';

export type StepState = 'pending' | 'started' | 'succeeded' | 'failed' | 'refused' | 'interrupted' | 'undone';

/** The surface of operations that nobody asked for: they make way for those that somebody did. */
export const automatic = 'automatic';

/** Who asked for an operation, as far as the machine can tell. For the audit, never for permission. */
export interface Actor {
  user: string;
  uid: number;
  /** Who became root to ask, by sudo, run0 or doas, if anybody did. */
  sudoUser?: string;
  /** Who logged in, as the kernel keeps it, whatever they became since; absent for what no login has started. */
  loginUid?: number;
  /** The surface: `cockpit`, `command`. */
  surface: string;
  pid: number;
}

export interface OperationRecord {
  id: number;
  kind: string;
  state: OperationState;
  outcome: Outcome | undefined;
  /** Why the outcome is what it is, in words. */
  reason: string | undefined;
  actor: Actor;
  /** Milliseconds since 1970, all times here. */
  requestedAt: number;
  startedAt: number | undefined;
  endedAt: number | undefined;
  /** Where the runner runs; undefined until it was started. */
  place: RunnerPlace | undefined;
  stopRequestedAt: number | undefined;
}

/** One step of an operation's plan and what became of it. */
export interface StepRecord {
  /** Unique within the operation: `alice/snapshot`. */
  id: string;
  user: string | undefined;
  kind: string;
  title: string;
  state: StepState;
  /** What the step said before it began to change anything: enough to undo or to find out. */
  undo: unknown;
  result: unknown;
  reason: string | undefined;
  startedAt: number | undefined;
  endedAt: number | undefined;
  progress: StepProgress | undefined;
}

export interface StepProgress {
  phase: string;
  done: number;
  total: number;
  at: number;
}

export type EventLevel = 'info' | 'warning' | 'error';

/** What an event says; every renderer (pane, plain lines, JSON lines) draws the same union. */
export type EventPayload =
  | { type: 'text'; text: string }
  /** The exact command that was started. */
  | { type: 'command'; argv: readonly string[]; as?: string }
  /** A line that it wrote. */
  | { type: 'output'; text: string }
  | { type: 'step'; state: StepState; reason?: string }
  | { type: 'operation'; state: OperationState; outcome?: Outcome; reason?: string };

export interface EventRecord {
  /** Ascending over all operations. */
  id: number;
  operation: number;
  at: number;
  step: string | undefined;
  user: string | undefined;
  level: EventLevel;
  payload: EventPayload;
}
