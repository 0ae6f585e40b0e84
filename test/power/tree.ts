import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

/** What lies below a folder, by whole paths. */
export interface Tree {
  files: Map<string, Buffer>;
  folders: string[];
  /** Symbolic links, and where each leads, as it says it. */
  links: Map<string, string>;
  /** The permission bits of the files. */
  modes: Map<string, number>;
}

/** Everything below a folder, and the folder itself. */
export function filesBelow(root: string): Tree {
  const tree: Tree = { files: new Map(), folders: [root], links: new Map(), modes: new Map() };
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isDirectory()) tree.folders.push(file);
    else if (entry.isSymbolicLink()) tree.links.set(file, readlinkSync(file));
    else if (entry.isFile()) {
      tree.files.set(file, readFileSync(file));
      tree.modes.set(file, lstatSync(file).mode & 0o7777);
    }
  }
  return tree;
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

/** Put everything of a tree where it was: the folders, the links and the modes as well. */
export function layOut({ files, folders, links, modes }: Tree, root: string): void {
  rmSync(root, { recursive: true, force: true });
  for (const folder of folders) mkdirSync(folder, { recursive: true });
  for (const [file, bytes] of files) {
    writeFileSync(file, bytes);
    chmodSync(file, modes.get(file) ?? 0o644);
  }
  for (const [file, to] of links) symlinkSync(to, file);
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
