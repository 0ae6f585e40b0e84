import { execa } from 'execa';
import { program } from '../power/recording.ts';

/** Calls that change something, and how they fail. */
export const kernelErrors = [
  ['fsync', 'EIO'],
  ['rename', 'EIO'],
  ['rename', 'ENOSPC'],
  ['symlink', 'ENOSPC'],
  ['mkdir', 'EACCES'],
  ['unlink', 'EROFS'],
  ['pwrite64', 'ENOSPC'],
  ['fchmod', 'EPERM'],
] as const;

/** What strace(1) makes of a call, in every process of an operation. */
export interface Tampering {
  /** `fsync`, or several: `fsync,fdatasync`. */
  calls: string;
  /** As strace writes it: `error=EIO:when=3`, `delay_exit=50000` (microseconds). */
  how: string;
}

/** Run one operation on a kernel that is tampered with. @returns how it ended, or '' when it was ended by that */
export async function tamperedWith(
  { calls, how }: Tampering,
  operation: string,
  root: string,
): Promise<string> {
  const injected = [`--trace=${calls}`, `--inject=${calls}:${how}`];
  const argv = ['--follow-forks', '--quiet=all', '--output=/dev/null', ...injected];
  const { stdout } = await execa('strace', [...argv, process.execPath, program, operation, root], {
    stdin: 'ignore',
    env: { UV_USE_IO_URING: '0' },
    // What it threw has ended it, as the runner is: the next one takes it up.
    reject: false,
  });
  return stdout;
}
