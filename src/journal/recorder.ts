import type { RunnerPlace } from '../host/runners.ts';
import type { Sqlite } from '../host/sqlite.ts';
import type { Clock } from '../host/clock.ts';
import type { Held } from './operations.ts';
import { recordSession, type SessionMember } from './sessions.ts';
import type { Actor, EventLevel, EventPayload, Outcome, StepState } from './records.ts';

/** A step as the plan lists it. */
export interface PlannedStep {
  id: string;
  /** Null of one of the host's. */
  user?: string | null;
  kind: string;
  title: string;
}

/** Everything a new operation is recorded with. */
export interface NewOperation {
  kind: string;
  request: unknown;
  plan: unknown;
  config: unknown;
  actor: Actor;
  steps: readonly PlannedStep[];
  /** The processes on which the session hangs that it is asked from. */
  session: readonly SessionMember[];
}

/** Write down an operation before anything of it happens. @returns its number */
export function recordOperation(db: Sqlite, clock: Clock, operation: NewOperation): number {
  return db.transaction((): number => {
    const inserted = db
      .prepare(
        `INSERT INTO operations (kind, state, request, plan, config, actor, requested_at) VALUES (?, 'requested', ?, ?, ?, ?, ?)`,
      )
      .run(
        operation.kind,
        JSON.stringify(operation.request),
        JSON.stringify(operation.plan),
        JSON.stringify(operation.config),
        JSON.stringify(operation.actor),
        clock.now(),
      );
    const id = Number(inserted.lastInsertRowid);
    const insertStep = db.prepare(
      'INSERT INTO steps (operation, position, id, user, kind, title) VALUES (?, ?, ?, ?, ?, ?)',
    );
    operation.steps.forEach((step, position) =>
      insertStep.run(id, position, step.id, step.user ?? null, step.kind, step.title),
    );
    recordSession(db, clock, id, operation.session);
    return id;
  })();
}

/** Where the runner was started; a later process can tell from it whether anything of the operation still lives. */
export function recordPlace(db: Sqlite, operation: number, place: RunnerPlace): void {
  db.prepare('UPDATE operations SET place = ? WHERE id = ?').run(JSON.stringify(place), operation);
}

/** Ask the runner to stop at its next safe point; asking again changes nothing. @returns whether it was still open */
export function recordStopRequest(db: Sqlite, clock: Clock, operation: number): boolean {
  const changed = db
    .prepare(
      `UPDATE operations SET stop_requested_at = coalesce(stop_requested_at, ?) WHERE id = ? AND state <> 'ended'`,
    )
    .run(clock.now(), operation);
  return changed.changes === 1;
}

/** Give an operation its outcome, with the event that says so. Unfinished steps are marked with it. */
export function recordOutcome(
  db: Sqlite,
  clock: Clock,
  operation: number,
  outcome: Outcome,
  reason: string | undefined,
): void {
  db.transaction(() => {
    const now = clock.now();
    db.prepare(
      `UPDATE operations SET state = 'ended', outcome = ?, reason = ?, ended_at = ? WHERE id = ?`,
    ).run(outcome, reason ?? null, now, operation);
    db.prepare(
      `UPDATE steps SET state = 'interrupted', ended_at = ? WHERE operation = ? AND state IN ('pending', 'started')`,
    ).run(now, operation);
    insertEvent(db, operation, now, outcome === 'succeeded' ? 'info' : 'error', {
      type: 'operation',
      state: 'ended',
      outcome,
      ...(reason === undefined ? {} : { reason }),
    });
  })();
}

/** Forget the oldest ended operations beyond a number. Snapshots stay recorded. */
export function forgetOldOperations(db: Sqlite, keep: number): void {
  db.prepare(
    `DELETE FROM operations WHERE state = 'ended' AND id <= (SELECT id FROM operations ORDER BY id DESC LIMIT 1 OFFSET ?)`,
  ).run(keep);
}

function insertEvent(
  db: Sqlite,
  operation: number,
  at: number,
  level: EventLevel,
  payload: EventPayload,
  step?: string,
  user?: string,
): void {
  db.prepare('INSERT INTO events (operation, at, step, user, level, payload) VALUES (?, ?, ?, ?, ?, ?)').run(
    operation,
    at,
    step ?? null,
    user ?? null,
    level,
    JSON.stringify(payload),
  );
}

/**
 * What the runner of one operation writes. Steps are durable before they begin and after they end; lines of output
 * and progress are not worth an fsync each, and go through a connection of their own that does none.
 */
export class Recorder {
  readonly operation: number;
  readonly #durable: Sqlite;
  readonly #quick: Sqlite;
  readonly #clock: Clock;
  /** How much could not be written down since something last was. */
  #untold = 0;

  constructor(durable: Sqlite, quick: Sqlite, clock: Clock, operation: number) {
    this.#durable = durable;
    this.#quick = quick;
    this.#clock = clock;
    this.operation = operation;
  }

  /** The durable connection, for what a step must record together with its end. */
  get durable(): Sqlite {
    return this.#durable;
  }

  started(): void {
    this.#durable.transaction(() => {
      const now = this.#clock.now();
      this.#durable
        .prepare(`UPDATE operations SET state = 'running', started_at = coalesce(started_at, ?) WHERE id = ?`)
        .run(now, this.operation);
      insertEvent(this.#durable, this.operation, now, 'info', { type: 'operation', state: 'running' });
    })();
  }

  /** Durably, before the step changes anything. `undo`: what undoing it needs beyond what the plan says. */
  stepStarted(step: PlannedStep, undo?: unknown): void {
    this.#durable.transaction(() => {
      const now = this.#clock.now();
      this.#durable
        .prepare(
          `UPDATE steps SET state = 'started', started_at = ?, undo = ? WHERE operation = ? AND id = ?`,
        )
        .run(now, undo === undefined ? null : JSON.stringify(undo), this.operation, step.id);
      insertEvent(
        this.#durable,
        this.operation,
        now,
        'info',
        { type: 'step', state: 'started' },
        step.id,
        step.user ?? undefined,
      );
    })();
  }

  /** Durably, in the middle of a step: what undoing it needs. */
  stepUndo(step: PlannedStep, undo: unknown): void {
    this.#durable
      .prepare('UPDATE steps SET undo = ? WHERE operation = ? AND id = ?')
      .run(JSON.stringify(undo), this.operation, step.id);
  }

  /** Durably, after the step; `together` commits in the same transaction. */
  stepEnded(
    step: PlannedStep,
    end: { state: Exclude<StepState, 'pending' | 'started'>; result?: unknown; reason?: string },
    together?: (db: Sqlite) => void,
  ): void {
    this.#durable.transaction(() => {
      const now = this.#clock.now();
      together?.(this.#durable);
      this.#durable
        .prepare(
          'UPDATE steps SET state = ?, result = ?, reason = ?, ended_at = ? WHERE operation = ? AND id = ?',
        )
        .run(
          end.state,
          end.result === undefined ? null : JSON.stringify(end.result),
          end.reason ?? null,
          now,
          this.operation,
          step.id,
        );
      insertEvent(
        this.#durable,
        this.operation,
        now,
        end.state === 'succeeded' ? 'info' : 'error',
        { type: 'step', state: end.state, ...(end.reason === undefined ? {} : { reason: end.reason }) },
        step.id,
        step.user ?? undefined,
      );
    })();
  }

  /** What is held off on the host until the operation has ended: before it is held, and again when it is let go. */
  held(what: readonly Held[]): void {
    this.#durable
      .prepare('UPDATE operations SET held = ? WHERE id = ?')
      .run(what.length === 0 ? null : JSON.stringify(what), this.operation);
  }

  event(level: EventLevel, payload: EventPayload, step?: PlannedStep): void {
    this.#tell(() => {
      const now = this.#clock.now();
      if (this.#untold > 0) {
        const text = `${this.#untold} of what was told before this could not be written down`;
        insertEvent(this.#quick, this.operation, now, 'warning', { type: 'text', text });
        this.#untold = 0;
      }
      insertEvent(this.#quick, this.operation, now, level, payload, step?.id, step?.user ?? undefined);
    });
  }

  progress(step: PlannedStep, phase: string, done: number, total: number): void {
    this.#tell(() => {
      this.#quick
        .prepare(
          `INSERT INTO progress (operation, step, phase, done, total, at) VALUES (?, ?, ?, ?, ?, ?)
           ON CONFLICT (operation, step) DO UPDATE SET phase = excluded.phase, done = excluded.done, total = excluded.total, at = excluded.at`,
        )
        .run(this.operation, step.id, phase, Math.round(done), Math.round(total), this.#clock.now());
    });
  }

  /**
   * Write down what somebody may want to read. It is told in the middle of a step, often from where nobody catches: on a
   * full disk a line about progress must not end the runner, and leave a server stopped. What undoing needs is written by
   * the others, and those throw.
   */
  #tell(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (!/^SQLITE_(FULL|IOERR|READONLY|BUSY)/.test((error as { code?: string }).code ?? '')) throw error;
      this.#untold += 1;
    }
  }

  /** Has somebody asked to stop? */
  stopRequested(): boolean {
    const row = this.#quick
      .prepare<[number], { stop_requested_at: number | null }>(
        'SELECT stop_requested_at FROM operations WHERE id = ?',
      )
      .get(this.operation);
    return row?.stop_requested_at != null;
  }
}
