/**
 * Errors of looking or of doing, not of what was looked at: a file that may not be opened, a disk that is full, a machine
 * without memory. They are no finding: a good snapshot must not count as damaged because the hour was bad. Every other
 * error is one.
 */
const codes: ReadonlySet<string> = new Set([
  'ENOENT',
  'EACCES',
  'EPERM',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'EAGAIN',
  'EBUSY',
  'EROFS',
  'ENOSPC',
  'EDQUOT',
  'SQLITE_NOMEM',
  'SQLITE_IOERR_NOMEM',
  'SQLITE_BUSY',
  'SQLITE_CANTOPEN',
  'SQLITE_FULL',
  'SQLITE_PERM',
  'ERR_WORKER_OUT_OF_MEMORY',
  'ERR_WORKER_INIT_FAILED',
]);

/** Does this error say nothing about the file? */
export function isUnseen(error: unknown): boolean {
  const code: unknown = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && codes.has(code);
}
