import type { Sqlite } from '../host/sqlite.ts';
import type { EventLevel, EventPayload, EventRecord } from './records.ts';

interface EventRow {
  id: number;
  operation: number;
  at: number;
  step: string | null;
  user: string | null;
  level: EventLevel;
  payload: string;
}

function eventRecord(row: EventRow): EventRecord {
  return {
    id: row.id,
    operation: row.operation,
    at: row.at,
    step: row.step ?? undefined,
    user: row.user ?? undefined,
    level: row.level,
    payload: JSON.parse(row.payload) as EventPayload,
  };
}

/** The events of an operation after one already seen, oldest first. */
export function readEvents(db: Sqlite, operation: number, after: number, limit = 1000): EventRecord[] {
  return db
    .prepare<[number, number, number], EventRow>(
      'SELECT * FROM events WHERE operation = ? AND id > ? ORDER BY id LIMIT ?',
    )
    .all(operation, after, limit)
    .map(eventRecord);
}

/** The last events of an operation, oldest first. */
export function readLastEvents(db: Sqlite, operation: number, limit: number): EventRecord[] {
  return db
    .prepare<[number, number], EventRow>('SELECT * FROM events WHERE operation = ? ORDER BY id DESC LIMIT ?')
    .all(operation, limit)
    .map(eventRecord)
    .toReversed();
}

/** How many events an operation has. */
export function countEvents(db: Sqlite, operation: number): number {
  return (
    db
      .prepare<[number], { count: number }>('SELECT count(*) AS count FROM events WHERE operation = ?')
      .get(operation)?.count ?? 0
  );
}

/** Changes whenever another connection has committed something (sqlite.org/pragma.html#pragma_data_version). */
export function dataVersion(db: Sqlite): number {
  return Number(db.pragma('data_version', { simple: true }));
}
