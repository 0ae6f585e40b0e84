import type { Clock } from '../host/clock.ts';
import type { SessionMember } from '../host/session.ts';
import type { Sqlite } from '../host/sqlite.ts';

export type { SessionMember };

/** Write down the processes of one more session; those that are there already stay as they were recorded. */
export function recordSession(
  db: Sqlite,
  clock: Clock,
  operation: number,
  members: readonly SessionMember[],
): void {
  const insert = db.prepare(
    `INSERT INTO sessions (operation, pid, start_time, control_group, role, recorded_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
  );
  db.transaction(() => {
    for (const { pid, startTime, controlGroup, role } of members)
      insert.run(operation, pid, startTime, controlGroup ?? null, role, clock.now());
  })();
}

/** The processes of all sessions that an operation is watched from. */
export function readSessions(db: Sqlite, operation: number): SessionMember[] {
  return db
    .prepare<[number], { pid: number; start_time: number; control_group: string | null; role: string }>(
      'SELECT pid, start_time, control_group, role FROM sessions WHERE operation = ? ORDER BY recorded_at, pid',
    )
    .all(operation)
    .map((row) => ({
      pid: row.pid,
      startTime: row.start_time,
      controlGroup: row.control_group ?? undefined,
      role: row.role,
    }));
}

/** Whoever asks for an operation to be resumed watches it from now on. */
export function joinSessions(db: Sqlite, from: number, to: number): void {
  db.prepare(
    `INSERT OR IGNORE INTO sessions (operation, pid, start_time, control_group, role, recorded_at)
     SELECT ?, pid, start_time, control_group, role, recorded_at FROM sessions WHERE operation = ?`,
  ).run(to, from);
}
