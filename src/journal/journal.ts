import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { alias, listOwn, remove, sync } from '../host/owned.ts';
import { openOwn, openOwnReadOnly, type Sqlite } from '../host/sqlite.ts';
import { hasFormat, migrateJournal } from './schema.ts';

/** The journal cannot be used; the message says why and, where that helps, what to do. */
export class JournalProblem extends Error {
  override readonly name = 'JournalProblem';
  /** `absent`: nothing was ever recorded here. `denied`: not readable for this user. `busy`: somebody else writes. */
  readonly kind: 'absent' | 'denied' | 'busy' | 'broken';

  constructor(kind: JournalProblem['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

export const journalPath = (state: string): string => path.join(state, 'journal.sqlite');
export const lockPath = (state: string): string => path.join(state, 'lock');

/**
 * Open the journal for writing, making it (and its folder, closed to all others) where there is none.
 *
 * @param folder The cockpit's own folder (`paths.state`).
 * @param durable See `openOwn`.
 * @param patience Milliseconds to wait for somebody else who writes; as `openOwn` has it without.
 * @throws JournalProblem
 */
export function openJournal(folder: string, durable = true, patience?: number): Sqlite {
  try {
    const made = mkdirSync(folder, { recursive: true, mode: 0o700 });
    const stat = lstatSync(folder);
    if (!stat.isDirectory()) throw new JournalProblem('broken', `${folder}: is not a folder`);
    if (stat.uid !== process.getuid?.())
      throw new JournalProblem('denied', `${folder}: belongs to another user`);
    // Whoever could write here could replace checksums and undo information.
    if ((stat.mode & 0o077) !== 0) chmodSync(folder, 0o700);
    const links = lstatSync(journalPath(folder), { throwIfNoEntry: false })?.nlink;
    if (links !== 1) removeUnfinished(folder);
    if (links === undefined) makeJournal(folder);
    requireWholeHeader(folder);
    const db = openOwn(journalPath(folder), durable, patience);
    migrateJournal(db);
    chmodSync(journalPath(folder), 0o600);
    // What is written down in it must not be gone with the folder after a loss of power.
    if (made !== undefined) sync(path.dirname(made));
    return db;
  } catch (error) {
    throw asProblem(folder, error);
  }
}

/** What comes before the number of the process that makes a journal. */
const unfinished = 'journal.sqlite.new-';

/** As many files as a folder with a journal never has. */
const manyFiles = 10_000;

/**
 * A new journal is whole, and on the disk, before it has its name: one whose maker was killed in the middle would be
 * taken for one that was cut short, and nothing could be done on the host before somebody has removed it.
 */
function makeJournal(folder: string): void {
  const made = path.join(folder, `${unfinished}${process.pid}`);
  try {
    const db = openOwn(made, true);
    migrateJournal(db);
    // The last one to close it would fold the write-ahead log in, too, and say nothing where the disk is full.
    const [folded] = db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number; log: number }[];
    db.close();
    if (folded?.busy !== 0 || folded.log !== 0)
      throw new JournalProblem('broken', `${made}: could not be written wholly`);
    chmodSync(made, 0o600);
    sync(made);
    // Whoever else has made one meanwhile: theirs is as good.
    alias(made, journalPath(folder));
    sync(folder);
  } finally {
    for (const suffix of ['', '-wal', '-shm', '-journal']) remove(made + suffix);
  }
}

/** What makers that were killed have left, be it only the other name of the journal. */
function removeUnfinished(folder: string): void {
  for (const { name } of listOwn(folder, manyFiles) ?? [])
    if (name.startsWith(unfinished) && !lives(Number.parseInt(name.slice(unfinished.length), 10)))
      remove(path.join(folder, name));
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Open the journal for reading only. @throws JournalProblem, of kind `absent` where nothing was ever recorded. */
export function openJournalReadOnly(folder: string): Sqlite {
  const file = journalPath(folder);
  try {
    lstatSync(file);
    requireWholeHeader(folder);
    const db = openOwnReadOnly(file);
    if (hasFormat(db)) return db;
    db.close();
    throw new JournalProblem('absent', `${file}: no journal yet`);
  } catch (error) {
    throw asProblem(file, error);
  }
}

/** The smallest page that SQLite has (sqlite.org/fileformat.html). */
const leastPage = 512;

/**
 * SQLite takes the beginning of a page, or nothing at all, for an empty database, and throws a write-ahead log away that
 * lies beside it: a journal that was cut short would be begun anew. Nothing at all is what one looks like that is being
 * made; but a runner, which has left the lock behind, had one with an operation in it.
 */
function requireWholeHeader(folder: string): void {
  const file = journalPath(folder);
  const size = lstatSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined || size >= leastPage) return;
  if (size > 0)
    throw new JournalProblem('broken', `${file}: is not a database: cut short, ${size} bytes are left of it`);
  const written = [lockPath(folder), `${file}-wal`].some(
    (each) => lstatSync(each, { throwIfNoEntry: false }) !== undefined,
  );
  if (written)
    throw new JournalProblem('broken', `${file}: is empty, and there have been operations: it was cut short`);
}

/** Does somebody else hold what would be written or read? Also by the longer names (sqlite.org/rescode.html#busy_snapshot). */
export const isBusy = (error: unknown): boolean =>
  (error as { code?: string }).code?.startsWith('SQLITE_BUSY') === true;

function asProblem(where: string, error: unknown): JournalProblem {
  if (error instanceof JournalProblem) return error;
  const code = (error as { code?: string }).code ?? '';
  if (code === 'ENOENT') return new JournalProblem('absent', `${where}: no journal yet`);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new JournalProblem('denied', `${where}: no permission`);
  if (isBusy(error)) return new JournalProblem('busy', `${where}: somebody else writes`);
  return new JournalProblem('broken', `${where}: ${error instanceof Error ? error.message : String(error)}`);
}
