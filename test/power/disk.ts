import path from 'node:path';
import type { Operation } from './trace.ts';
import type { Tree } from './tree.ts';

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

/** What has a name, or several: as it was before the run, or when it was made. */
type Node = { kind: 'folder' } | { kind: 'link'; to: string } | { kind: 'file'; bytes: Buffer; mode: number };

/** The number of the node that each name stands for: a name is `FOLDER/NAME`, by the number of the folder's node. */
type Names = Map<string, number>;

interface Change {
  index: number;
  /** What it does to the names, and in which folders they are. */
  apply: (names: Names) => void;
  folders: number[];
}

/** A write or a truncation of one file. */
interface Edit {
  index: number;
  at: number;
  /** Undefined of a truncation to `at`. */
  bytes: Buffer | undefined;
}

/** The folder that everything lies in. */
const top = 0;

export class Disk {
  readonly #root: string;
  readonly #nodes: Node[] = [{ kind: 'folder' }];
  readonly #initial: Names = new Map();
  readonly #changes: Change[] = [];
  readonly #edits = new Map<number, Edit[]>();
  readonly #modes = new Map<number, { index: number; mode: number }[]>();
  /** When each file, or the names in a folder, were flushed; and when everything was. */
  readonly #flushes = new Map<number, number[]>();
  readonly #wholeFlushes: number[] = [];
  readonly #anyFlush: number[] = [];
  readonly #sure = new Map<string, Buffer>();
  /** How many calls were recorded. */
  readonly length: number;

  /** @param before What was below the root before the run. */
  constructor(root: string, before: Tree, operations: readonly Operation[]) {
    this.#root = root;
    const add = (file: string, node: Node) =>
      void this.#initial.set(this.#name(this.#initial, file), this.#nodes.push(node) - 1);
    // Those that hold others come first.
    for (const folder of before.folders.toSorted()) if (folder !== root) add(folder, { kind: 'folder' });
    for (const [file, bytes] of before.files)
      add(file, { kind: 'file', bytes, mode: before.modes.get(file) ?? 0o644 });
    for (const [file, to] of before.links) add(file, { kind: 'link', to });
    this.length = operations.length;
    this.#play(operations);
  }

  #find(names: Names, file: string): number | undefined {
    let at: number | undefined = top;
    for (const part of path.relative(this.#root, file).split('/')) {
      if (part === '') continue;
      at = names.get(`${at}/${part}`);
      if (at === undefined) return undefined;
    }
    return at;
  }

  /** The key of a name in a folder that is there. */
  #name(names: Names, file: string): string {
    return `${this.#folderOf(names, file)}/${path.basename(file)}`;
  }

  #folderOf(names: Names, file: string): number {
    const folder = this.#find(names, path.dirname(file));
    if (folder === undefined) throw new Error(`there is no folder of ${file}`);
    return folder;
  }

  /** Run it once as it was, to know which file each call was about, and what the kernel copied. */
  #play(operations: readonly Operation[]): void {
    const names: Names = new Map(this.#initial);
    const now = new Map<number, Buffer>();
    const nodeOf = (file: string, index: number): number => {
      const id = this.#find(names, file);
      if (id === undefined) throw new Error(`call ${index}: there is no ${file}`);
      return id;
    };
    const bytesOf = (id: number): Buffer => now.get(id) ?? firstBytes(this.#nodes[id]);
    const change = (index: number, apply: (all: Names) => void, ...files: string[]) => {
      const folders = files.map((file) => this.#folderOf(names, file));
      apply(names);
      this.#changes.push({ index, apply, folders });
    };
    const make = (index: number, file: string, node: Node) => {
      const [key, id] = [this.#name(names, file), this.#nodes.push(node) - 1];
      change(index, (all) => void all.set(key, id), file);
    };
    const edit = (index: number, id: number, at: number, bytes: Buffer | undefined) => {
      const one = { index, at, bytes };
      append(this.#edits, id, one);
      now.set(id, applyEdit(bytesOf(id), one));
    };
    for (const [index, operation] of operations.entries()) {
      switch (operation.type) {
        case 'create':
          if (this.#find(names, operation.file) === undefined)
            make(index, operation.file, { kind: 'file', bytes: Buffer.alloc(0), mode: operation.mode });
          break;
        case 'write':
          edit(index, nodeOf(operation.file, index), operation.at, operation.bytes);
          break;
        case 'copy': {
          const from = bytesOf(nodeOf(operation.from, index));
          const bytes = from.subarray(operation.fromAt, operation.fromAt + operation.length);
          edit(index, nodeOf(operation.file, index), operation.at, Buffer.from(bytes));
          break;
        }
        case 'truncate':
          edit(index, nodeOf(operation.file, index), operation.size, undefined);
          break;
        case 'mode':
          append(this.#modes, nodeOf(operation.file, index), { index, mode: operation.mode });
          break;
        case 'sync':
        case 'sync folder': {
          const id = this.#find(names, operation.type === 'sync' ? operation.file : operation.folder);
          if (id !== undefined) append(this.#flushes, id, index);
          this.#anyFlush.push(index);
          break;
        }
        case 'sync all':
          this.#wholeFlushes.push(index);
          this.#anyFlush.push(index);
          break;
        case 'rename': {
          const id = nodeOf(operation.from, index);
          const [from, to] = [this.#name(names, operation.from), this.#name(names, operation.to)];
          change(
            index,
            (all) => {
              if (all.get(from) === id) all.delete(from);
              all.set(to, id);
            },
            operation.from,
            operation.to,
          );
          break;
        }
        case 'link': {
          const [key, id] = [this.#name(names, operation.to), nodeOf(operation.from, index)];
          change(index, (all) => void all.set(key, id), operation.to);
          break;
        }
        case 'symlink':
          make(index, operation.file, { kind: 'link', to: operation.to });
          break;
        case 'make folder':
          make(index, operation.folder, { kind: 'folder' });
          break;
        case 'unlink':
        case 'remove folder': {
          const file = operation.type === 'unlink' ? operation.file : operation.folder;
          const key = this.#name(names, file);
          change(index, (all) => void all.delete(key), file);
          break;
        }
      }
    }
  }

  /** What there is after a crash right before call number `moment`. */
  after(moment: number, manner: Manner, luck: Luck): Tree {
    const between = (all: readonly number[], index: number) =>
      all.some((flush) => flush > index && flush < moment);
    const isFlushed = ({ index, folders }: Change) =>
      between(this.#wholeFlushes, index) ||
      (manner === 'ordered'
        ? between(this.#anyFlush, index)
        : folders.some((folder) => between(this.#flushes.get(folder) ?? [], index)));
    const names: Names = new Map(this.#initial);
    const past = this.#changes.filter(({ index }) => index < moment);
    const pending = new Set(past.filter((each) => !isFlushed(each)));
    const kept = new Set(chosen([...pending], manner, luck));
    for (const each of past) if (!pending.has(each) || kept.has(each)) each.apply(names);

    const within = new Map<number, [name: string, id: number][]>();
    for (const [key, id] of names) {
      const slash = key.indexOf('/');
      append(within, Number(key.slice(0, slash)), [key.slice(slash + 1), id]);
    }
    const tree: Tree = { files: new Map(), folders: [], links: new Map(), modes: new Map() };
    const contents = new Map<number, { bytes: Buffer; mode: number }>();
    const walk = (folder: number, at: string): void => {
      tree.folders.push(at);
      for (const [name, id] of within.get(folder) ?? []) {
        const file = `${at}/${name}`;
        const node = this.#nodes[id];
        if (node?.kind === 'folder') walk(id, file);
        else if (node?.kind === 'link') tree.links.set(file, node.to);
        else {
          const found = contents.get(id) ?? this.#fileAfter(id, moment, luck);
          contents.set(id, found);
          tree.files.set(file, found.bytes);
          tree.modes.set(file, found.mode);
        }
      }
    };
    walk(top, this.#root);
    return tree;
  }

  #fileAfter(id: number, moment: number, luck: Luck): { bytes: Buffer; mode: number } {
    const flushed = Math.max(
      (this.#flushes.get(id) ?? []).findLast((flush) => flush < moment) ?? -1,
      this.#wholeFlushes.findLast((flush) => flush < moment) ?? -1,
    );
    let bytes = this.#flushed(id, flushed);
    for (const edit of this.#edits.get(id) ?? [])
      if (edit.index >= flushed && edit.index < moment)
        for (const part of partsOf(edit, luck)) bytes = applyEdit(bytes, part);
    const node = this.#nodes[id];
    let mode = node?.kind === 'file' ? node.mode : 0;
    for (const change of this.#modes.get(id) ?? [])
      if (change.index < flushed || (change.index < moment && survives(luck))) mode = change.mode;
    return { bytes, mode };
  }

  /** What a file surely has after it was flushed at this call. */
  #flushed(id: number, flush: number): Buffer {
    const key = `${id} ${flush}`;
    const known = this.#sure.get(key);
    if (known !== undefined) return known;
    let bytes = firstBytes(this.#nodes[id]);
    for (const edit of this.#edits.get(id) ?? []) if (edit.index < flush) bytes = applyEdit(bytes, edit);
    this.#sure.set(key, bytes);
    return bytes;
  }

  /** Calls after which something is different that a crash may leave. */
  get moments(): number[] {
    const all = new Set([0, this.length]);
    for (const { index } of this.#changes) all.add(index).add(index + 1);
    for (const edits of this.#edits.values()) for (const { index } of edits) all.add(index + 1);
    for (const modes of this.#modes.values()) for (const { index } of modes) all.add(index + 1);
    for (const flush of this.#anyFlush) all.add(flush).add(flush + 1);
    return [...all].filter((moment) => moment <= this.length).toSorted((a, b) => a - b);
  }
}

const firstBytes = (node: Node | undefined): Buffer => (node?.kind === 'file' ? node.bytes : Buffer.alloc(0));

function append<Key, Value>(to: Map<Key, Value[]>, key: Key, value: Value): void {
  const all = to.get(key);
  if (all === undefined) to.set(key, [value]);
  else all.push(value);
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
