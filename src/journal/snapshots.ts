import type { Sqlite } from '../host/sqlite.ts';
import type { SnapshotRecord } from '../snapshots/catalog.ts';
import type { SnapshotKind } from '../snapshots/names.ts';

interface SnapshotRow {
  id: number;
  user: string;
  kind: SnapshotKind;
  folder: string;
  file: string;
  taken_at: number;
  version: string | null;
  bytes: number;
  sha256: string;
  page_size: number;
  migrations: string;
  work: string;
  verified_at: number;
  operation: number | null;
}

function snapshotRecord(row: SnapshotRow): SnapshotRecord {
  return {
    id: row.id,
    user: row.user,
    kind: row.kind,
    folder: row.folder,
    file: row.file,
    takenAt: row.taken_at,
    version: row.version ?? undefined,
    bytes: row.bytes,
    sha256: row.sha256,
    pageSize: row.page_size,
    migrations: JSON.parse(row.migrations) as SnapshotRecord['migrations'],
    work: JSON.parse(row.work) as SnapshotRecord['work'],
    verifiedAt: row.verified_at,
    operation: row.operation ?? undefined,
  };
}

/** Record a snapshot that has just been taken and checked: from now on it is in the catalog (guarantee 1). */
export function recordSnapshot(db: Sqlite, record: Omit<SnapshotRecord, 'id'>): void {
  db.prepare(
    `INSERT INTO snapshots (user, kind, folder, file, taken_at, version, bytes, sha256, page_size, migrations, work, verified_at, operation)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    record.user,
    record.kind,
    record.folder,
    record.file,
    record.takenAt,
    record.version ?? null,
    record.bytes,
    record.sha256,
    record.pageSize,
    JSON.stringify(record.migrations),
    JSON.stringify(record.work),
    record.verifiedAt,
    record.operation ?? null,
  );
}

/** What the journal vouches for, newest first; of all users, or of one. */
export function readSnapshots(db: Sqlite, user?: string): SnapshotRecord[] {
  const rows =
    user === undefined
      ? db.prepare<[], SnapshotRow>('SELECT * FROM snapshots ORDER BY taken_at DESC, id DESC').all()
      : db
          .prepare<[string], SnapshotRow>(
            'SELECT * FROM snapshots WHERE user = ? ORDER BY taken_at DESC, id DESC',
          )
          .all(user);
  return rows.map(snapshotRecord);
}
