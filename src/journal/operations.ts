import type { RunnerPlace } from '../host/runners.ts';
import type { Sqlite } from '../host/sqlite.ts';
import type {
  Actor,
  OperationRecord,
  OperationState,
  Outcome,
  StepProgress,
  StepRecord,
  StepState,
} from './records.ts';

/** Reading operations and their steps. Every function is one short, indexed query: the cockpit calls them between frames. */

interface OperationRow {
  id: number;
  kind: string;
  state: OperationState;
  outcome: Outcome | null;
  reason: string | null;
  actor: string;
  requested_at: number;
  started_at: number | null;
  ended_at: number | null;
  place: string | null;
  stop_requested_at: number | null;
}

const operationColumns =
  'id, kind, state, outcome, reason, actor, requested_at, started_at, ended_at, place, stop_requested_at';

function operationRecord(row: OperationRow): OperationRecord {
  return {
    id: row.id,
    kind: row.kind,
    state: row.state,
    outcome: row.outcome ?? undefined,
    reason: row.reason ?? undefined,
    actor: JSON.parse(row.actor) as Actor,
    requestedAt: row.requested_at,
    startedAt: row.started_at ?? undefined,
    endedAt: row.ended_at ?? undefined,
    place: row.place === null ? undefined : (JSON.parse(row.place) as RunnerPlace),
    stopRequestedAt: row.stop_requested_at ?? undefined,
  };
}

export function readOperation(db: Sqlite, id: number): OperationRecord | undefined {
  const row = db
    .prepare<[number], OperationRow>(`SELECT ${operationColumns} FROM operations WHERE id = ?`)
    .get(id);
  return row === undefined ? undefined : operationRecord(row);
}

/** The newest operations first. */
export function listOperations(db: Sqlite, limit: number): OperationRecord[] {
  return db
    .prepare<[number], OperationRow>(`SELECT ${operationColumns} FROM operations ORDER BY id DESC LIMIT ?`)
    .all(limit)
    .map(operationRecord);
}

/** Operations without an outcome, oldest first: at most one of them runs, the others were cut off. */
export function openOperations(db: Sqlite): OperationRecord[] {
  return db
    .prepare<[], OperationRow>(
      `SELECT ${operationColumns} FROM operations WHERE state <> 'ended' ORDER BY id`,
    )
    .all()
    .map(operationRecord);
}

/** No step has a database for itself for longer without a word, milliseconds; what was cut off closes it for no longer. */
const closedAtMost = 5 * 60_000;

/** Does an operation stop this user's server, or has it stopped it, and not started it again? */
export function isClosed(db: Sqlite, user: string, now: number): boolean {
  return (
    db
      .prepare<[string, number], { one: number }>(
        `SELECT 1 AS one FROM operations JOIN steps ON steps.operation = operations.id
         WHERE operations.state <> 'ended' AND steps.user = ? AND steps.kind = 'stop'
           AND steps.state IN ('started', 'succeeded')
           AND NOT EXISTS (SELECT 1 FROM steps AS later WHERE later.operation = operations.id
             AND later.user = steps.user AND later.kind = 'start' AND later.state = 'succeeded')
           AND EXISTS (SELECT 1 FROM steps AS newest WHERE newest.operation = operations.id
             AND newest.user = steps.user AND newest.started_at > ?)`,
      )
      .get(user, now - closedAtMost) !== undefined
  );
}

/** What was asked for, what was planned, and with which configuration: the JSON as it was recorded. */
export function readOperationDocuments(
  db: Sqlite,
  id: number,
): { request: unknown; plan: unknown; config: unknown } | undefined {
  const row = db
    .prepare<[number], { request: string; plan: string; config: string }>(
      'SELECT request, plan, config FROM operations WHERE id = ?',
    )
    .get(id);
  if (row === undefined) return undefined;
  return { request: JSON.parse(row.request), plan: JSON.parse(row.plan), config: JSON.parse(row.config) };
}

/** A timer that is held off on the host. */
export interface Held {
  unit: string;
  /** Whether it was to start by itself when it was held off, in systemd's word (UnitFileState). */
  startup?: string | undefined;
}

/** Operations that still hold something off on the host, with what it is. */
export function readHeld(db: Sqlite): { operation: number; held: Held[] }[] {
  return db
    .prepare<[], { id: number; held: string }>(
      'SELECT id, held FROM operations WHERE held IS NOT NULL ORDER BY id',
    )
    .all()
    .map(({ id, held }) => ({
      operation: id,
      // Names alone, as they were written first.
      held: (JSON.parse(held) as (string | Held)[]).map((each) =>
        typeof each === 'string' ? { unit: each } : each,
      ),
    }));
}

interface StepRow {
  id: string;
  user: string | null;
  kind: string;
  title: string;
  state: StepState;
  undo: string | null;
  result: string | null;
  reason: string | null;
  started_at: number | null;
  ended_at: number | null;
  phase: string | null;
  done: number | null;
  total: number | null;
  at: number | null;
}

/** The steps of an operation in the order of its plan, with how far each is. */
export function readSteps(db: Sqlite, operation: number, user?: string): StepRecord[] {
  const whose = user === undefined ? '' : 'AND s.user = ?';
  return db
    .prepare<[number, ...string[]], StepRow>(
      `SELECT s.id, s.user, s.kind, s.title, s.state, s.undo, s.result, s.reason, s.started_at, s.ended_at,
              p.phase, p.done, p.total, p.at
         FROM steps s LEFT JOIN progress p ON p.operation = s.operation AND p.step = s.id
        WHERE s.operation = ? ${whose} ORDER BY s.position`,
    )
    .all(operation, ...(user === undefined ? [] : [user]))
    .map((row) => ({
      id: row.id,
      user: row.user ?? undefined,
      kind: row.kind,
      title: row.title,
      state: row.state,
      undo: row.undo === null ? undefined : JSON.parse(row.undo),
      result: row.result === null ? undefined : JSON.parse(row.result),
      reason: row.reason ?? undefined,
      startedAt: row.started_at ?? undefined,
      endedAt: row.ended_at ?? undefined,
      progress: progressOf(row),
    }));
}

function progressOf(row: StepRow): StepProgress | undefined {
  if (row.phase === null || row.done === null || row.total === null || row.at === null) return undefined;
  return { phase: row.phase, done: row.done, total: row.total, at: row.at };
}

/** What a user took part in, and their part in it. */
export interface UserPart {
  operation: OperationRecord;
  steps: readonly StepRecord[];
}

/** The newest operations that a user took part in. */
export function operationsOfUser(db: Sqlite, user: string, limit: number): UserPart[] {
  const ids = db
    .prepare<[string, number], { operation: number }>(
      'SELECT DISTINCT operation FROM steps WHERE user = ? ORDER BY operation DESC LIMIT ?',
    )
    .all(user, limit);
  return ids.flatMap(({ operation: number }) => {
    const operation = readOperation(db, number);
    return operation === undefined ? [] : [{ operation, steps: readSteps(db, number, user) }];
  });
}

/** When a step was at work, by its own record. */
export interface StepSpan {
  operation: number;
  user: string | undefined;
  kind: string;
  from: number;
  /** Undefined of one that has not ended. */
  to: number | undefined;
}

/** The steps that were at work at any time since a moment. */
export function stepsSince(db: Sqlite, since: number): StepSpan[] {
  return db
    .prepare<
      [number],
      { operation: number; user: string | null; kind: string; started_at: number; ended_at: number | null }
    >(
      `SELECT operation, user, kind, started_at, ended_at FROM steps
       WHERE started_at IS NOT NULL AND coalesce(ended_at, 9e15) >= ?`,
    )
    .all(since)
    .map(({ operation, user, kind, started_at: from, ended_at: to }) => ({
      operation,
      user: user ?? undefined,
      kind,
      from,
      to: to ?? undefined,
    }));
}
