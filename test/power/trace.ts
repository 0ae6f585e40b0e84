import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';

/**
 * What a program did to files, as strace(1) has seen it: every call that changes something below one folder, with its
 * bytes, in the order in which the calls were over.
 */

/** The calls that are recorded. Memory that is mapped is not: SQLite maps only the `-shm`, which no crash outlives. */
const calls =
  'openat,open,creat,lseek,' +
  'write,pwrite64,writev,pwritev,pwritev2,copy_file_range,sendfile,ioctl,mmap,' +
  'ftruncate,truncate,fallocate,fsync,fdatasync,syncfs,sync_file_range,chmod,fchmod,fchmodat,?fchmodat2,' +
  'rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat,rmdir';

/** Where there is none, nothing is claimed. */
export const hasStrace = spawnSync('strace', ['--version']).status === 0;

export const straceArguments = (output: string): string[] => [
  '--follow-forks',
  '--decode-fds=path',
  '--strings-in-hex=all',
  '--string-limit=33554432',
  '--seccomp-bpf',
  '--quiet=all',
  `--trace=${calls}`,
  `--output=${output}`,
];

export type Operation =
  | { type: 'create'; file: string; mode: number }
  | { type: 'write'; file: string; at: number; bytes: Buffer }
  /** Bytes of one file that the kernel has copied into another. */
  | { type: 'copy'; from: string; fromAt: number; file: string; at: number; length: number }
  | { type: 'truncate'; file: string; size: number }
  | { type: 'mode'; file: string; mode: number }
  | { type: 'sync'; file: string }
  | { type: 'sync folder'; folder: string }
  /** Everything that is on the file system. */
  | { type: 'sync all' }
  | { type: 'rename'; from: string; to: string }
  | { type: 'link'; from: string; to: string }
  | { type: 'symlink'; to: string; file: string }
  | { type: 'unlink'; file: string }
  | { type: 'make folder'; folder: string }
  | { type: 'remove folder'; folder: string };

/** A call as it was printed. */
interface Call {
  name: string;
  args: string[];
  /** The number that it returned, and the path of the descriptor where it is one. */
  result: number;
  opened: string | undefined;
}

/**
 * The changes below `root`.
 *
 * @throws where a call changes something there that this does not understand: then nothing is proven.
 */
export function operationsIn(trace: string, root: string): Operation[] {
  return new Reading(root).read(trace);
}

class Reading {
  readonly #root: string;
  /** Where each descriptor stands, by number and path: of calls that say no offset. */
  readonly #offsets = new Map<string, number>();
  readonly #found: Operation[] = [];

  constructor(root: string) {
    this.#root = root;
  }

  read(trace: string): Operation[] {
    const begun = new Map<string, string>();
    for (const line of trace.split('\n')) {
      const at = line.indexOf(' ');
      const [process, text] = [line.slice(0, at), line.slice(at + 1).trim()];
      if (text.endsWith('<unfinished ...>')) {
        begun.set(process, text.slice(0, -'<unfinished ...>'.length));
        continue;
      }
      const resumed = /^<\.\.\. \w+ resumed>(.*)$/s.exec(text);
      const whole = resumed === null ? text : `${begun.get(process) ?? ''}${resumed[1] ?? ''}`;
      const call = parseCall(whole);
      if (call !== undefined && call.result >= 0) this.#take(call);
    }
    return this.#found;
  }

  /** Below the root, and not deleted: else nobody finds it after a crash. */
  #ours(file: string | undefined): file is string {
    return file !== undefined && file.startsWith(`${this.#root}/`) && !file.endsWith(' (deleted)');
  }

  #take({ name, args, result, opened }: Call): void {
    const say = (operation: Operation) => void this.#found.push(operation);
    switch (name) {
      case 'open':
      case 'openat':
      case 'creat': {
        if (!this.#ours(opened)) return;
        this.#offsets.set(`${result}<${opened}>`, 0);
        const flags = args.join();
        if (flags.includes('O_APPEND') && !opened.endsWith('.log'))
          throw new Error(`opened to append: ${opened}`);
        if (flags.includes('O_CREAT'))
          say({ type: 'create', file: opened, mode: octal(args.at(-1)) & ~0o022 });
        if (flags.includes('O_TRUNC')) say({ type: 'truncate', file: opened, size: 0 });
        return;
      }
      case 'lseek': {
        const { key, file } = descriptor(args[0]);
        if (this.#ours(file)) this.#offsets.set(key, result);
        return;
      }
      case 'write':
      case 'pwrite64': {
        const { key, file } = descriptor(args[0]);
        if (!this.#ours(file)) return;
        const at = name === 'write' ? this.#offset(key) : Number(args[3]);
        if (name === 'write') this.#offsets.set(key, at + result);
        const bytes = bytesOf(args[1]).subarray(0, result);
        if (bytes.length !== result) throw new Error(`not all bytes of a write to ${file} were recorded`);
        return say({ type: 'write', file, at, bytes });
      }
      case 'copy_file_range':
      case 'sendfile': {
        const range = name === 'copy_file_range';
        const [from, to] = range
          ? [descriptor(args[0]), descriptor(args[2])]
          : [descriptor(args[1]), descriptor(args[0])];
        if (!this.#ours(to.file)) return;
        const said = /^\[(\d+)/.exec((range ? args[1] : args[2]) ?? '')?.[1];
        const fromAt = said === undefined ? this.#offset(from.key) : Number(said);
        const at = this.#offset(to.key);
        if (said === undefined) this.#offsets.set(from.key, fromAt + result);
        this.#offsets.set(to.key, at + result);
        return say({ type: 'copy', from: from.file ?? '', fromAt, file: to.file, at, length: result });
      }
      case 'ioctl': {
        const { file } = descriptor(args[0]);
        if (this.#ours(file) && args[1]?.includes('FICLONE') === true)
          throw new Error(`${file} shares blocks: not understood`);
        return;
      }
      case 'ftruncate': {
        const { file } = descriptor(args[0]);
        if (this.#ours(file)) say({ type: 'truncate', file, size: Number(args[1]) });
        return;
      }
      case 'fsync':
      case 'fdatasync': {
        const { file } = descriptor(args[0]);
        if (!this.#ours(file) && file !== this.#root) return;
        const folder = existsSync(file) && statSync(file).isDirectory();
        return say(folder ? { type: 'sync folder', folder: file } : { type: 'sync', file });
      }
      case 'rename':
      case 'renameat':
      case 'renameat2':
      case 'link':
      case 'linkat': {
        const [from, to] = namesOf(name.endsWith('at') || name.endsWith('2'), args);
        if (!this.#ours(from) && !this.#ours(to)) return;
        return say({ type: name.startsWith('rename') ? 'rename' : 'link', from: from ?? '', to: to ?? '' });
      }
      case 'unlink':
      case 'unlinkat':
      case 'rmdir': {
        const [file] = namesOf(name === 'unlinkat', args);
        if (!this.#ours(file)) return;
        const folder = name === 'rmdir' || args.join().includes('AT_REMOVEDIR');
        return say(folder ? { type: 'remove folder', folder: file } : { type: 'unlink', file });
      }
      case 'symlink':
      case 'symlinkat': {
        const [file] = namesOf(name === 'symlinkat', args.slice(1));
        if (this.#ours(file)) say({ type: 'symlink', to: bytesOf(args[0]).toString('utf8'), file });
        return;
      }
      case 'fchmod': {
        const { file } = descriptor(args[0]);
        if (this.#ours(file)) say({ type: 'mode', file, mode: octal(args[1]) });
        return;
      }
      case 'chmod':
      case 'fchmodat':
      case 'fchmodat2': {
        const [file] = namesOf(name !== 'chmod', args);
        if (this.#ours(file)) say({ type: 'mode', file, mode: octal(args[name === 'chmod' ? 1 : 2]) });
        return;
      }
      case 'syncfs': {
        const { file } = descriptor(args[0]);
        if (this.#ours(file) || file === this.#root) say({ type: 'sync all' });
        return;
      }
      case 'mkdir':
      case 'mkdirat': {
        const [folder] = namesOf(name === 'mkdirat', args);
        if (this.#ours(folder)) say({ type: 'make folder', folder });
        return;
      }
      case 'mmap': {
        const file = args.map((arg) => descriptor(arg).file).find((found) => this.#ours(found));
        if (
          file !== undefined &&
          !file.endsWith('-shm') &&
          args.join().includes('PROT_WRITE') &&
          args.join().includes('MAP_SHARED')
        )
          throw new Error(`${file} is written through memory: not understood`);
        return;
      }
      default: {
        const file = args.map((arg) => descriptor(arg).file).find((found) => this.#ours(found));
        if (file !== undefined) throw new Error(`${name} of ${file}: not understood`);
      }
    }
  }

  #offset(key: string): number {
    const at = this.#offsets.get(key);
    if (at === undefined) throw new Error(`where ${key} stands is not known`);
    return at;
  }
}

/** `write(3<\x2f…>, "\x61", 1) = 1`: hex throughout, so that nothing in a string looks like the call's own signs. */
function parseCall(text: string): Call | undefined {
  const match = /^(\w+)\((.*)\)\s+= (-?\d+)(?:<([^>]*)>)?/s.exec(text);
  if (match === null) return undefined;
  const [, name = '', args = '', result = '', opened] = match;
  return {
    name,
    args: args.split(', ').map((arg) => arg.trim()),
    result: Number(result),
    opened: opened === undefined ? undefined : textOf(opened),
  };
}

const textOf = (hex: string): string => Buffer.from(hex.replaceAll('\\x', ''), 'hex').toString('utf8') || hex;

function bytesOf(quoted = ''): Buffer {
  if (!quoted.startsWith('"') || !quoted.endsWith('"'))
    throw new Error(`not recorded: ${quoted.slice(0, 40)}`);
  return Buffer.from(quoted.slice(1, -1).replaceAll('\\x', ''), 'hex');
}

/** `3<\x2f…>`: a descriptor, with its number for telling two of one file apart. */
function descriptor(arg = ''): { key: string; file: string | undefined } {
  const match = /^(\d+)<((?:\\x[0-9a-f]{2})*)>/.exec(arg);
  if (match === null) return { key: arg, file: undefined };
  const file = textOf(match[2] ?? '');
  return { key: `${match[1]}<${file}>`, file };
}

const octal = (text = ''): number => Number.parseInt(text, 8) || 0;

/** The paths among the arguments, each after its folder's descriptor where the call has one. */
function namesOf(relative: boolean, args: readonly string[]): (string | undefined)[] {
  const folders = args.map((arg) => /^(?:AT_FDCWD|\d+)<(.*)>$/.exec(arg)?.[1]);
  return args.flatMap((arg, index) => {
    if (!arg.startsWith('"')) return [];
    const name = bytesOf(arg).toString('utf8');
    const folder = relative ? folders[index - 1] : undefined;
    return [path.resolve(folder === undefined ? '/' : textOf(folder), name)];
  });
}
