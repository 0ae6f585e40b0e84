import { sh } from './machine.ts';

/** What root sees of the machine, without the program: whether anything of somebody else’s was read, changed or given away. */

/** Every name below these folders with its owner, mode and kind, and of a file its inode; of files that a running server writes, the names. */
export async function inventory(...roots: string[]): Promise<string> {
  const facts = '%p %u %g %m %y';
  // A folder's inode means nothing where its file system makes it up (overlayfs).
  const listed = await sh(
    'find',
    ...roots,
    '-type',
    'f',
    '-printf',
    `${facts} %i\n`,
    '-o',
    '-printf',
    `${facts} %l\n`,
  );
  return listed
    .split('\n')
    .filter((line) => !/-(wal|shm) /.test(line))
    .toSorted()
    .join('\n');
}

/** Whose they are, what they are, and what is in them. */
export async function fingerprints(...files: string[]): Promise<string> {
  const [facts, sums] = await Promise.all([
    sh('stat', '--format=%n %i %u:%g %a %F %s %Y', ...files),
    sh('sha256sum', ...files),
  ]);
  return `${facts}\n${sums}`;
}

/** What in these folders does not belong to the user whose they are. Links are not followed. */
export async function strangersIn(user: string, ...folders: string[]): Promise<string> {
  return sh('find', ...folders, '!', '-user', user, '-printf', '%p %u\n');
}

/** The regular files below these folders in which one of these words stands; one of 100 GB of holes is not read. */
export async function filesWith(words: readonly string[], ...folders: string[]): Promise<string> {
  const patterns = words.flatMap((word) => ['-e', word]);
  // grep ends with 1 when there is none, which find hands on.
  const search = ['-type', 'f', '-size', '-1000000k', '-exec', 'grep', '-laF', ...patterns, '{}', '+'];
  return sh('sh', '-c', 'find "$@" || test $? = 1', 'sh', ...folders, ...search);
}
