import { closeSync, constants, openSync } from 'node:fs';
import { systemCommands, type Commands } from './commands.ts';
import { fileProblem } from './files.ts';

/** The host lock, held. */
export interface HostLock {
  /** Its descriptor: whoever inherits it holds the lock, too. */
  readonly descriptor: number;
  release(): void;
}

/**
 * Take the host lock: flock(2) on an own file, by flock(1) on an inherited descriptor, because Node has no flock. The
 * lock belongs to the open file and so to every process that has the descriptor; it is free when the last one has
 * closed it, however that one died. A lock by an SQLite transaction would be gone as soon as its holder closed any
 * other descriptor of the file (fcntl(2), measured).
 *
 * @param patience Seconds to wait for it.
 * @returns undefined when somebody else holds it.
 */
export async function takeHostLock(file: string, patience: number): Promise<HostLock | undefined> {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  } catch (error) {
    throw fileProblem(file, error);
  }
  const commands: Commands = systemCommands(descriptor);
  // The inherited descriptor is number 3 in the child.
  const result = await commands.run(['flock', '--exclusive', `--wait=${patience}`, '3'], {
    timeout: (patience + 10) * 1000,
  });
  if (result.exitCode === 0) return { descriptor, release: () => closeSync(descriptor) };
  closeSync(descriptor);
  // flock(1): exit code 1 is a conflict; everything else says that the lock could not be judged.
  if (result.exitCode === 1) return undefined;
  throw new Error(`${file}: flock failed: ${result.stderr.trim()}`);
}
