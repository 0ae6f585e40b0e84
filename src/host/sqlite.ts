import Database from 'better-sqlite3';

/** An open database; statements are the library's own. */
export type Sqlite = Database.Database;

/**
 * Open a database that belongs to somebody else (a user's state database, a snapshot) for looking at it. Call this in
 * a process that has dropped to the owner: as root, SQLite would leave root-owned `-wal` and `-shm` files behind that
 * the user's server cannot open (docs/host.md).
 *
 * Not opened read-only: a read-only connection that is the last one cannot fold the WAL in, and would leave side files
 * where a clean stop of the server had promised none (docs/t3-contract.md, process). `query_only` forbids writing.
 *
 * @param patience Milliseconds to wait for a lock.
 */
export function openForeign(path: string, patience: number): Sqlite {
  const db = new Database(path, { fileMustExist: true, timeout: patience });
  db.pragma('query_only = ON');
  distrust(db);
  return db;
}

/** Open a user's database as the source of VACUUM INTO, which `query_only` would forbid. In a process of the owner. */
export function openSource(path: string, patience: number): Sqlite {
  const db = new Database(path, { fileMustExist: true, timeout: patience });
  distrust(db);
  // 64 MB instead of 16: measured, a third off the time of a VACUUM INTO of 1.6 GB.
  db.pragma('cache_size = -64000');
  return db;
}

/**
 * Open a user's database to have it alone. The exclusive locking mode comes before anything that looks at the file
 * (`cache_size` does, it reads the schema): a connection that has looked in the normal mode shares the write-ahead
 * log's index with others, and cannot be sure of them any more (sqlite.org/pragma.html#pragma_locking_mode).
 */
export function openExclusive(path: string): Sqlite {
  const db = new Database(path, { fileMustExist: true, timeout: 0 });
  distrust(db);
  db.pragma('locking_mode = EXCLUSIVE');
  return db;
}

/**
 * Let `openImmutable` work in this process, its worker threads included: better-sqlite3 configures SQLite by this
 * variable when it is first loaded.
 */
export function allowUris(): void {
  process.env['SQLITE_USE_URI'] = '1';
}

/**
 * Open a finished file that nobody else writes, without locks and without side files (`immutable=1`,
 * sqlite.org/uri.html). Call `allowUris` first.
 */
export function openImmutable(path: string): Sqlite {
  const uri = `file:${encodeURI(path).replaceAll('?', '%3f').replaceAll('#', '%23')}?immutable=1`;
  const db = new Database(uri, { readonly: true });
  distrust(db);
  return db;
}

/** A schema may be crafted: no functions with side effects from it, cells checked as they are read, strict DDL. */
function distrust(db: Sqlite): void {
  db.pragma('trusted_schema = OFF');
  db.pragma('cell_size_check = ON');
}

/**
 * Open a database of our own (the journal).
 *
 * @param durable Every commit is on the disk when it returns (`synchronous=FULL`: in WAL mode better-sqlite3's default
 *   would sync at checkpoints only). Otherwise the newest commits may be lost by a crash of the machine, never of a process.
 */
export function openOwn(path: string, durable: boolean, patience = 10_000): Sqlite {
  const db = new Database(path, { timeout: patience });
  db.pragma('journal_mode = WAL');
  db.pragma(`synchronous = ${durable ? 'FULL' : 'NORMAL'}`);
  db.pragma('foreign_keys = ON');
  return db;
}

/** Open a database of our own for reading only; a reader never waits for the writer in WAL mode. */
export function openOwnReadOnly(path: string, patience = 2_000): Sqlite {
  return new Database(path, { readonly: true, fileMustExist: true, timeout: patience });
}

/** The version of the SQLite that does all this. */
export function sqliteVersion(): string {
  const db = new Database(':memory:');
  try {
    return (
      db.prepare<[], { version: string }>('SELECT sqlite_version() AS version').get()?.version ?? 'unknown'
    );
  } finally {
    db.close();
  }
}
