import { isThere, remove, requirePlainFile, sleep, startOf } from '../../host/owned.ts';
import { openExclusive, type Sqlite } from '../../host/sqlite.ts';
import { countWork, NotStateDatabase, readMigrations } from '../../t3/state-database.ts';
import type { Held, HoldRequest } from './hold-protocol.ts';

/** A lock tells nobody when it is free: asked again after so many milliseconds. */
const pause = 10;

/** What SQLite leaves beside a database. */
export const sideSuffixes = ['-wal', '-shm', '-journal'] as const;

/**
 * Databases that nobody but this process can open, until it ends. It must not open them in any other way: POSIX locks
 * belong to the process, and closing any descriptor of a file drops all that it has on it
 * (sqlite.org/howtocorrupt.html, 2.2). Copies are made by other processes.
 */
export class Hold {
  /** Kept open: they are the locks. */
  readonly #databases: Sqlite[] = [];

  /**
   * Take a database for ourselves: no other connection has it open then, and none can read or write it. The exclusive
   * locking mode is set before the first look, so there is no moment between "folded" and "locked" for a visitor
   * (the dispatch mints on any page visit, and opens, even migrates, the database: docs/host.md).
   *
   * With `fold`, its write-ahead log is folded in, and it stands alone afterwards. One that is damaged is held, as far
   * as that goes, and left as it is.
   *
   * @throws when somebody else has it, for longer than the patience, or when it cannot be looked at.
   */
  take(request: HoldRequest): Held {
    requirePlainFile(request.path, request.home);
    const deadline = performance.now() + request.patience;
    for (;;) {
      let db: Sqlite | undefined;
      try {
        db = openExclusive(request.path);
        const held = request.fold ? fold(db, request.path) : lock(db, request.path);
        this.#databases.push(db);
        return held;
      } catch (error) {
        db?.close();
        if (!isBusy(error)) throw error;
        if (performance.now() > deadline)
          throw new Error(`${request.path}: somebody else has it open`, { cause: error });
        sleep(pause);
      }
    }
  }
}

function fold(db: Sqlite, path: string): Held {
  const damage = damageOf(db);
  if (damage !== undefined) return { whole: false, problem: damage };
  // It raises no exception when it could not do it: what counts is its row (sqlite.org/pragma.html#pragma_wal_checkpoint).
  const [row] = db.pragma('wal_checkpoint(TRUNCATE)') as {
    busy: number;
    log: number;
    checkpointed: number;
  }[];
  if (row === undefined || row.busy !== 0 || row.log !== row.checkpointed)
    throw new Error(`${path}: its write-ahead log could not be folded in: ${JSON.stringify(row)}`);
  return lock(db, path);
}

function lock(db: Sqlite, path: string): Held {
  const mode = db.pragma('journal_mode = DELETE', { simple: true });
  if (mode !== 'delete') throw new Error(`${path}: its journal mode stays ${String(mode)}`);
  db.exec('BEGIN EXCLUSIVE');
  removeSpentJournal(`${path}-journal`);
  // A server that was killed leaves its index behind, which the exclusive locking mode neither uses nor removes. Without
  // a write-ahead log there is nothing to find in it, and nobody but us has the database open.
  if (!isThere(`${path}-wal`)) remove(`${path}-shm`);
  const left = sideSuffixes.filter((suffix) => isThere(path + suffix));
  if (left.length > 0) throw new Error(`${path}: there is still a ${left.join(', ')} beside it`);
  return { whole: true };
}

/**
 * In the exclusive locking mode SQLite keeps the rollback journal of what it has committed, its header zeroed
 * (sqlite.org/pragma.html#pragma_locking_mode). One that is not spent would be rolled back into whatever has the
 * database's name next.
 */
function removeSpentJournal(journal: string): void {
  if (!isThere(journal)) return;
  if (!startOf(journal, 28).every((byte) => byte === 0))
    throw new Error(`${journal} has not been rolled back`);
  remove(journal);
}

/** Why this is not a whole state database, its write-ahead log included; undefined when it is. */
function damageOf(db: Sqlite): string | undefined {
  try {
    const verdict = db.pragma('integrity_check(1)', { simple: true });
    if (verdict !== 'ok') return `integrity_check says: ${String(verdict)}`;
    readMigrations(db);
    countWork(db);
    return undefined;
  } catch (error) {
    if (error instanceof NotStateDatabase) return error.message;
    const { code = '', message } = error as { code?: string; message: string };
    if (/^SQLITE_(CORRUPT|NOTADB|ERROR|SCHEMA|FORMAT)/.test(code)) return message;
    throw error;
  }
}

function isBusy(error: unknown): boolean {
  return /^SQLITE_(BUSY|LOCKED|PROTOCOL)/.test((error as { code?: string }).code ?? '');
}
