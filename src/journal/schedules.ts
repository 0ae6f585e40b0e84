import type { Sqlite } from '../host/sqlite.ts';
import type { Actor } from './records.ts';

/** Something that was agreed to, to be done within a window of time. */
export interface ScheduleRecord {
  id: number;
  request: unknown;
  agreed: unknown;
  actor: Actor;
  /** Milliseconds since 1970, all times here. */
  createdAt: number;
  beginsAt: number;
  endsAt: number;
  state: 'waiting' | 'running' | 'ended' | 'cancelled';
  /** `missed`: its time went by without it. */
  outcome: 'succeeded' | 'failed' | 'refused' | 'missed' | undefined;
  reason: string | undefined;
  /** The numbers of the operations that it has started. */
  operations: number[];
  endedAt: number | undefined;
}

interface Row {
  id: number;
  request: string;
  agreed: string;
  actor: string;
  created_at: number;
  begins_at: number;
  ends_at: number;
  state: ScheduleRecord['state'];
  outcome: NonNullable<ScheduleRecord['outcome']> | null;
  reason: string | null;
  operations: string;
  ended_at: number | null;
}

const columns =
  'id, request, agreed, actor, created_at, begins_at, ends_at, state, outcome, reason, operations, ended_at';

const recordOf = (row: Row): ScheduleRecord => ({
  id: row.id,
  request: JSON.parse(row.request),
  agreed: JSON.parse(row.agreed),
  actor: JSON.parse(row.actor) as Actor,
  createdAt: row.created_at,
  beginsAt: row.begins_at,
  endsAt: row.ends_at,
  state: row.state,
  outcome: row.outcome ?? undefined,
  reason: row.reason ?? undefined,
  operations: JSON.parse(row.operations) as number[],
  endedAt: row.ended_at ?? undefined,
});

/** Write down what is to be done later. @returns its number */
export function recordSchedule(
  db: Sqlite,
  what: Pick<ScheduleRecord, 'request' | 'agreed' | 'actor' | 'createdAt' | 'beginsAt' | 'endsAt'> & {
    plan: unknown;
  },
): number {
  const inserted = db
    .prepare(
      `INSERT INTO schedules (request, agreed, plan, actor, created_at, begins_at, ends_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      JSON.stringify(what.request),
      JSON.stringify(what.agreed),
      JSON.stringify(what.plan),
      JSON.stringify(what.actor),
      what.createdAt,
      what.beginsAt,
      what.endsAt,
    );
  return Number(inserted.lastInsertRowid);
}

export function readSchedule(db: Sqlite, id: number): ScheduleRecord | undefined {
  const row = db.prepare<[number], Row>(`SELECT ${columns} FROM schedules WHERE id = ?`).get(id);
  return row === undefined ? undefined : recordOf(row);
}

/** The newest first. */
export function listSchedules(db: Sqlite, limit: number): ScheduleRecord[] {
  return db
    .prepare<[number], Row>(`SELECT ${columns} FROM schedules ORDER BY id DESC LIMIT ?`)
    .all(limit)
    .map(recordOf);
}

/** Take one up; only one process ever does. @returns whether it was waiting */
export function takeUpSchedule(db: Sqlite, id: number): boolean {
  return (
    db.prepare(`UPDATE schedules SET state = 'running' WHERE id = ? AND state = 'waiting'`).run(id)
      .changes === 1
  );
}

/** Nothing is to be done any more. @returns whether it was waiting */
export function cancelSchedule(db: Sqlite, id: number, at: number): boolean {
  return (
    db
      .prepare(`UPDATE schedules SET state = 'cancelled', ended_at = ? WHERE id = ? AND state = 'waiting'`)
      .run(at, id).changes === 1
  );
}

/** It has started another operation. */
export function recordScheduled(db: Sqlite, id: number, operation: number): void {
  db.prepare(`UPDATE schedules SET operations = json_insert(operations, '$[#]', ?) WHERE id = ?`).run(
    operation,
    id,
  );
}

export function endSchedule(
  db: Sqlite,
  id: number,
  end: { outcome: NonNullable<ScheduleRecord['outcome']>; reason: string | undefined; at: number },
): void {
  db.prepare(`UPDATE schedules SET state = 'ended', outcome = ?, reason = ?, ended_at = ? WHERE id = ?`).run(
    end.outcome,
    end.reason ?? null,
    end.at,
    id,
  );
}
