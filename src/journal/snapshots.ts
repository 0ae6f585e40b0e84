import type { Sqlite } from '../host/sqlite.ts';
import type { SnapshotRecord } from '../snapshots/catalog.ts';
import type { SnapshotFacts } from '../snapshots/manifest.ts';
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
  protected: number;
  problem_at: number | null;
  problem: string | null;
  tried_at: number | null;
  tried_version: string | null;
  tried_problem: string | null;
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
    protected: row.protected !== 0,
    problem:
      row.problem === null || row.problem_at === null
        ? undefined
        : { at: row.problem_at, words: row.problem },
    tried:
      row.tried_at === null || row.tried_version === null
        ? undefined
        : { at: row.tried_at, version: row.tried_version, problem: row.tried_problem ?? undefined },
  };
}

/** What a snapshot is called, and where it lies. */
export interface SnapshotPlace {
  folder: string;
  file: string;
}

/** A snapshot that the journal begins to vouch for. */
export interface NewSnapshot extends SnapshotPlace, SnapshotFacts {
  user: string;
  kind: SnapshotKind;
  takenAt: number;
  version: string | undefined;
  verifiedAt: number;
  operation: number | undefined;
}

/** Record a snapshot that has just been taken and checked: from now on it is in the catalog (guarantee 1). */
export function recordSnapshot(db: Sqlite, record: NewSnapshot): void {
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

/** What is written of a damaged file that nobody vouched for: nothing was learnt of it. */
const nothingFound: SnapshotFacts = {
  bytes: 0,
  sha256: '',
  pageSize: 0,
  migrations: [],
  work: { projects: 0, threads: 0, messages: 0, turns: 0 },
};

/**
 * Record that a snapshot was read again, and is what was recorded; or, of one that nobody vouched for, what was found.
 */
export function recordVerified(db: Sqlite, snapshot: NewSnapshot): void {
  const { folder, file, verifiedAt } = snapshot;
  if (isRecorded(db, snapshot)) {
    db.prepare(
      'UPDATE snapshots SET verified_at = ?, problem_at = NULL, problem = NULL WHERE folder = ? AND file = ?',
    ).run(verifiedAt, folder, file);
    return;
  }
  forgetSnapshot(db, snapshot);
  recordSnapshot(db, snapshot);
}

/** Record that a snapshot was read again, and found wanting; of one that nobody vouched for, too. */
export function recordProblem(
  db: Sqlite,
  snapshot: Omit<NewSnapshot, keyof SnapshotFacts>,
  problem: string,
): void {
  const { folder, file, verifiedAt } = snapshot;
  const known =
    db.prepare('SELECT 1 FROM snapshots WHERE folder = ? AND file = ?').get(folder, file) !== undefined;
  if (!known) recordSnapshot(db, { ...snapshot, ...nothingFound });
  db.prepare('UPDATE snapshots SET problem_at = ?, problem = ? WHERE folder = ? AND file = ?').run(
    verifiedAt,
    problem,
    folder,
    file,
  );
}

/** Does the journal know what should be in it? */
function isRecorded(db: Sqlite, { folder, file }: SnapshotPlace): boolean {
  return (
    db.prepare(`SELECT 1 FROM snapshots WHERE folder = ? AND file = ? AND sha256 <> ''`).get(folder, file) !==
    undefined
  );
}

/** Record a test restore. */
export function recordTried(
  db: Sqlite,
  { folder, file }: SnapshotPlace,
  at: number,
  version: string,
  problem: string | undefined,
): void {
  db.prepare(
    'UPDATE snapshots SET tried_at = ?, tried_version = ?, tried_problem = ? WHERE folder = ? AND file = ?',
  ).run(at, version, problem ?? null, folder, file);
}

/** Keep a snapshot whatever retention says, or no longer. @returns whether the journal knows it */
export function setProtected(db: Sqlite, { folder, file }: SnapshotPlace, keep: boolean): boolean {
  return (
    db
      .prepare('UPDATE snapshots SET protected = ? WHERE folder = ? AND file = ?')
      .run(keep ? 1 : 0, folder, file).changes === 1
  );
}

/** A snapshot was removed, or is gone: stop vouching for it. */
export function forgetSnapshot(db: Sqlite, { folder, file }: SnapshotPlace): void {
  db.prepare('DELETE FROM snapshots WHERE folder = ? AND file = ?').run(folder, file);
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
