import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Operation } from './trace.ts';

/**
 * A file system that forgets. What a crash may leave of a recorded run: what was flushed is there; of everything else any
 * part, in any order, torn at any sector.
 */

/** Which promises the file system makes beyond those of fsync(2). */
export type Manner =
  /** None: each name of a folder for itself until the folder is flushed (POSIX, read pessimistically). */
  | 'pessimistic'
  /** As ext4: names change in the order of the calls, and flushing any file brings all before it to the disk. */
  | 'ordered';

/** What may be left of what was not flushed. */
export type Luck = 'nothing' | 'everything' | { random: () => number };

const sector = 512;

type Names = Map<string, number>;

interface Change {
  index: number;
  /** What it does to the names, and in which folders they are. */
  apply: (names: Names) => void;
  folders: string[];
}

/** A write or a truncation of one file. */
interface Edit {
  index: number;
  at: number;
  /** Undefined of a truncation to `at`. */
  bytes: Buffer | undefined;
}

export class Disk {
  readonly #initial: Names = new Map();
  readonly #contents = new Map<number, Buffer>();
  readonly #folders = new Set<string>();
  readonly #changes: Change[] = [];
  readonly #edits = new Map<number, Edit[]>();
  /** When each file, and each folder, was flushed. */
  readonly #flushes = new Map<number, number[]>();
  readonly #folderFlushes = new Map<string, number[]>();
  readonly #anyFlush: number[] = [];
  readonly #sure = new Map<string, Buffer>();
  readonly #madeFolders = new Map<string, number>();
  #next = 1;
  /** How many calls were recorded. */
  readonly length: number;

  /** @param root The folder as it was before the run, read now. */
  constructor(
    before: ReadonlyMap<string, Buffer>,
    folders: readonly string[],
    operations: readonly Operation[],
  ) {
    for (const [file, bytes] of before) {
      this.#initial.set(file, this.#next);
      this.#contents.set(this.#next, bytes);
      this.#next += 1;
    }
    for (const folder of folders) this.#folders.add(folder);
    this.length = operations.length;
    this.#play(operations);
  }

  /** Run it once as it was, to know which file each call was about, and what the kernel copied. */
  #play(operations: readonly Operation[]): void {
    const names: Names = new Map(this.#initial);
    const now = new Map(this.#contents);
    const fileOf = (file: string, index: number): number => {
      const id = names.get(file);
      if (id === undefined) throw new Error(`call ${index}: there is no ${file}`);
      return id;
    };
    const change = (index: number, apply: (all: Names) => void, ...files: string[]) => {
      apply(names);
      this.#changes.push({ index, apply, folders: files.map((file) => path.dirname(file)) });
    };
    const edit = (index: number, id: number, at: number, bytes: Buffer | undefined) => {
      const one = { index, at, bytes };
      this.#edits.set(id, [...(this.#edits.get(id) ?? []), one]);
      now.set(id, applyEdit(now.get(id) ?? Buffer.alloc(0), one));
    };
    for (const [index, operation] of operations.entries()) {
      switch (operation.type) {
        case 'create': {
          if (names.has(operation.file)) break;
          const id = this.#next;
          this.#next += 1;
          change(index, (all) => void all.set(operation.file, id), operation.file);
          break;
        }
        case 'write':
          edit(index, fileOf(operation.file, index), operation.at, operation.bytes);
          break;
        case 'copy': {
          const from = now.get(fileOf(operation.from, index)) ?? Buffer.alloc(0);
          const bytes = from.subarray(operation.fromAt, operation.fromAt + operation.length);
          edit(index, fileOf(operation.file, index), operation.at, Buffer.from(bytes));
          break;
        }
        case 'truncate':
          edit(index, fileOf(operation.file, index), operation.size, undefined);
          break;
        case 'sync': {
          const id = names.get(operation.file);
          if (id !== undefined) this.#flushes.set(id, [...(this.#flushes.get(id) ?? []), index]);
          this.#anyFlush.push(index);
          break;
        }
        case 'sync folder':
          this.#folderFlushes.set(operation.folder, [
            ...(this.#folderFlushes.get(operation.folder) ?? []),
            index,
          ]);
          this.#anyFlush.push(index);
          break;
        case 'rename': {
          const id = fileOf(operation.from, index);
          change(
            index,
            (all) => {
              if (all.get(operation.from) === id) all.delete(operation.from);
              all.set(operation.to, id);
            },
            operation.from,
            operation.to,
          );
          break;
        }
        case 'link': {
          const id = fileOf(operation.from, index);
          change(index, (all) => void all.set(operation.to, id), operation.to);
          break;
        }
        case 'unlink':
          change(index, (all) => void all.delete(operation.file), operation.file);
          break;
        case 'make folder':
          this.#madeFolders.set(operation.folder, index);
          break;
        case 'remove folder':
          throw new Error(`${operation.folder} is removed: not understood`);
      }
    }
  }

  /**
   * What there is after a crash right before call number `moment`.
   *
   * @returns the files by their paths.
   */
  after(moment: number, manner: Manner, luck: Luck): Map<string, Buffer> {
    const flushedBy = (index: number, folders: readonly string[]) => {
      const flushes =
        manner === 'ordered' ? [this.#anyFlush] : folders.map((each) => this.#folderFlushes.get(each) ?? []);
      return flushes.some((all) => all.some((flush) => flush > index && flush < moment));
    };
    const names: Names = new Map(this.#initial);
    const past = this.#changes.filter(({ index }) => index < moment);
    const pending = past.filter(({ index, folders }) => !flushedBy(index, folders));
    const kept = new Set(chosen(pending, manner, luck));
    for (const each of past) if (!pending.includes(each) || kept.has(each)) each.apply(names);
    const gone = [...this.#madeFolders]
      .filter(
        ([folder, index]) =>
          index >= moment || (!flushedBy(index, [path.dirname(folder)]) && !survives(luck)),
      )
      .map(([folder]) => folder);
    const files = new Map<string, Buffer>();
    const contents = new Map<number, Buffer>();
    for (const [file, id] of names) {
      if (gone.some((folder) => file.startsWith(`${folder}/`))) continue;
      const bytes = contents.get(id) ?? this.#contentsOf(id, moment, luck);
      contents.set(id, bytes);
      files.set(file, bytes);
    }
    return files;
  }

  #contentsOf(id: number, moment: number, luck: Luck): Buffer {
    const flushed = (this.#flushes.get(id) ?? []).findLast((flush) => flush < moment) ?? -1;
    let bytes = this.#flushed(id, flushed);
    for (const edit of this.#edits.get(id) ?? [])
      if (edit.index >= flushed && edit.index < moment)
        for (const part of partsOf(edit, luck)) bytes = applyEdit(bytes, part);
    return bytes;
  }

  /** What a file surely has after it was flushed at this call. */
  #flushed(id: number, flush: number): Buffer {
    const key = `${id} ${flush}`;
    const known = this.#sure.get(key);
    if (known !== undefined) return known;
    let bytes = this.#contents.get(id) ?? Buffer.alloc(0);
    for (const edit of this.#edits.get(id) ?? []) if (edit.index < flush) bytes = applyEdit(bytes, edit);
    this.#sure.set(key, bytes);
    return bytes;
  }

  /** Calls after which something is different that a crash may leave. */
  get moments(): number[] {
    const all = new Set([0, this.length]);
    for (const { index } of this.#changes) all.add(index).add(index + 1);
    for (const edits of this.#edits.values()) for (const { index } of edits) all.add(index + 1);
    for (const flush of this.#anyFlush) all.add(flush).add(flush + 1);
    return [...all].filter((moment) => moment <= this.length).toSorted((a, b) => a - b);
  }
}

function survives(luck: Luck): boolean {
  return luck === 'everything' || (luck !== 'nothing' && luck.random() < 0.5);
}

/** Of changes of names that were not flushed: any, or the first so many. */
function chosen(pending: readonly Change[], manner: Manner, luck: Luck): readonly Change[] {
  if (luck === 'nothing') return [];
  if (luck === 'everything') return pending;
  return manner === 'ordered'
    ? pending.slice(0, Math.floor(luck.random() * (pending.length + 1)))
    : pending.filter(() => luck.random() < 0.5);
}

/** What is left of a write that was not flushed: none of it, all of it, its beginning, or any of its sectors. */
function partsOf(edit: Edit, luck: Luck): Edit[] {
  if (luck === 'nothing') return [];
  if (luck === 'everything' || edit.bytes === undefined) return survives(luck) ? [edit] : [];
  const { bytes, at, index } = edit;
  const kind = luck.random();
  if (kind < 0.3) return [];
  if (kind < 0.6) return [edit];
  if (kind < 0.8) {
    const length = Math.floor((luck.random() * bytes.length) / sector) * sector;
    return length === 0 ? [] : [{ index, at, bytes: bytes.subarray(0, length) }];
  }
  const parts: Edit[] = [];
  for (let start = 0; start < bytes.length; start += sector)
    if (luck.random() < 0.5)
      parts.push({ index, at: at + start, bytes: bytes.subarray(start, start + sector) });
  return parts;
}

function applyEdit(before: Buffer, { at, bytes }: Edit): Buffer {
  if (bytes === undefined) {
    const after = Buffer.alloc(at);
    before.copy(after);
    return after;
  }
  const after = Buffer.alloc(Math.max(before.length, at + bytes.length));
  before.copy(after);
  bytes.copy(after, at);
  return after;
}

/** All files below a folder, and the folders themselves. */
export function filesBelow(root: string): { files: Map<string, Buffer>; folders: string[] } {
  const files = new Map<string, Buffer>();
  const folders = [root];
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isDirectory()) folders.push(file);
    else if (entry.isFile()) files.set(file, readFileSync(file));
  }
  return { files, folders };
}

/** Put files where they are found by their paths, with another root. */
export function materialize(files: ReadonlyMap<string, Buffer>, root: string, elsewhere: string): void {
  rmSync(elsewhere, { recursive: true, force: true });
  mkdirSync(elsewhere, { recursive: true });
  for (const [file, bytes] of files) {
    const target = path.join(elsewhere, path.relative(root, file));
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, bytes);
  }
}

/** Most files of most states are the very same bytes in memory. */
const sums = new WeakMap<Buffer, string>();

/** SHA-256, in hex. */
export function sumOf(bytes: Buffer): string {
  const known = sums.get(bytes);
  if (known !== undefined) return known;
  const sum = createHash('sha256').update(bytes).digest('hex');
  sums.set(bytes, sum);
  return sum;
}

/** Two states that look the same are one. */
export function fingerprint(files: ReadonlyMap<string, Buffer>): string {
  return [...files]
    .map(([file, bytes]) => `${file} ${sumOf(bytes)}`)
    .toSorted()
    .join('\n');
}
