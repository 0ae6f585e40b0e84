import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import type { Run } from './sandbox.ts';

/** What a command did to this machine, seen from outside: by the kernel, of itself and of all that it started. */

export const strace = '/usr/bin/strace';
export const canRecord = existsSync(strace);

/** One change of a name on a file system. */
export interface Change {
  call: string;
  /** The name that it is about; for a rename, the one that something got. */
  path: string;
  /** The name that something had before. */
  from?: string;
}

export interface Recorded {
  run: Run;
  /** The argument vectors of all programs that were executed, in order. */
  programs: string[][];
  changes: Change[];
}

const traced = [
  'execve',
  'rename',
  'renameat',
  'renameat2',
  'link',
  'linkat',
  'symlink',
  'symlinkat',
  'unlink',
  'unlinkat',
  'mkdir',
  'mkdirat',
  'rmdir',
  'truncate',
  'chmod',
  'fchmodat',
  'chown',
  'lchown',
  'fchownat',
];

/** Run a program to its end, and to the end of everything that it leaves running. */
export async function record(argv: readonly string[]): Promise<Recorded> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 't3-cockpit-recorded-'));
  const log = path.join(folder, 'calls');
  try {
    const result = await execa(
      strace,
      '-f --seccomp-bpf -qq -y -s 4096 -e signal=none -e status=successful'
        .split(' ')
        .concat('-e', `trace=${traced.join(',')}`, '-o', log, '--', argv),
      // Compiled code that is kept is no effect of a command, and comes whenever it likes.
      { reject: false, stdin: 'ignore', env: { NODE_DISABLE_COMPILE_CACHE: '1' } },
    );
    const calls = readFileSync(log, 'utf8').split('\n').flatMap(parseCall);
    return {
      run: { exitCode: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr },
      programs: calls.flatMap(({ call, strings }) => (call === 'execve' ? [strings.slice(1)] : [])),
      changes: calls.flatMap(({ call, paths }): Change[] => {
        const [first, second] = paths;
        if (call === 'execve' || first === undefined) return [];
        if (/^(rename|link)/.test(call) && second !== undefined)
          return [{ call, path: second, ...(call.startsWith('rename') ? { from: first } : {}) }];
        return [{ call, path: call.startsWith('symlink') ? (second ?? first) : first }];
      }),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Call {
  call: string;
  /** All strings of the line, unescaped. */
  strings: string[];
  /** The same with the folder of the descriptor before it, where there is one. */
  paths: string[];
}

/** A line of strace: `PID call(arguments) = result`. */
function parseCall(line: string): Call[] {
  const call = /^\d+ +(\w+)\(/.exec(line)?.[1];
  if (call === undefined) return [];
  const strings: string[] = [];
  const paths: string[] = [];
  for (const match of line.matchAll(/(?:\d+<([^>]*)>, |AT_FDCWD(?:<([^>]*)>)?, )?"((?:[^"\\]|\\.)*)"/g)) {
    const text = JSON.parse(`"${(match[3] ?? '').replace(/\\(\d{1,3}|[^\\"nrtbf])/g, '?')}"`) as string;
    const folder = match[1] ?? match[2];
    strings.push(text);
    paths.push(folder === undefined ? text : path.resolve(folder.replace(/ \(deleted\)$/, ''), text));
  }
  return [{ call, strings, paths }];
}
