import path from 'node:path';
import { FileProblem } from '../../host/files.ts';
import {
  chmodOwn,
  copyWhole,
  ensureOwnFolder,
  isThere,
  link,
  modeOf,
  move,
  publish,
  remove,
  requireNoLinks,
  requirePlainFile,
  sha256,
  sizeOf,
  sync,
  writeNew,
} from '../../host/owned.ts';
import { manifestFile, notIncluded, type Manifest, type SnapshotFacts } from '../manifest.ts';
import { partialSuffix } from '../names.ts';
import { sideSuffixes } from './hold.ts';
import { occasionally } from './progress.ts';
import type {
  ExchangeRequest,
  KeepRequest,
  Kept,
  Progress,
  RetreatRequest,
  SettleRequest,
  StageRequest,
} from './protocol.ts';

/** Putting a snapshot in the place of a live database, and what was there back again; as the owner. */

/** Reads a finished copy wholly. */
export type Examine = (file: string) => Promise<SnapshotFacts>;

/** Beside the live database, by one name for each replacement: what comes, what went, and words for people. */
export const beside = {
  incoming: (base: string) => `${base}.new`,
  outgoing: (base: string) => `${base}.old`,
  marker: (base: string) => `${base}.txt`,
};

const defaultMode = 0o600;

/**
 * Write a copy of a snapshot beside the live database, on the disk, and read what was written: what will take the
 * database's name is what was checked, whatever becomes of the snapshot.
 */
export async function stage(
  request: StageRequest,
  examine: Examine,
  tell: (progress: Progress) => void,
): Promise<SnapshotFacts> {
  const source = path.join(request.folder, request.name);
  const folder = path.dirname(request.live);
  const incoming = beside.incoming(request.base);
  requirePlainFile(source, request.backups);
  requireNoLinks(folder, request.home);
  if (isThere(request.live)) requirePlainFile(request.live, request.home);
  discardStaged(request.base);
  writeNew(beside.marker(request.base), request.marker);
  const total = sizeOf(source);
  await copyWhole(source, incoming, (done) => tell({ phase: 'copy', done: Math.min(done, total), total }));
  chmodOwn(incoming, isThere(request.live) ? modeOf(request.live) : defaultMode);
  tell({ phase: 'sync', done: 0, total });
  sync(incoming);
  const facts = await examine(incoming);
  if (request.expected !== null && facts.sha256 !== request.expected)
    throw new FileProblem(
      source,
      'EINVAL',
      'its checksum is not the one that was recorded: the file was changed',
    );
  sync(folder);
  return facts;
}

function discardStaged(base: string): void {
  for (const suffix of ['', ...sideSuffixes]) remove(beside.incoming(base) + suffix);
  remove(beside.marker(base));
}

/**
 * Keep a copy of the live database, which nobody else can write now, in the backup folder: a snapshot like any other
 * when it is whole; else byte for byte, with its write-ahead log, for whoever can make something of it.
 */
export async function keep(
  request: KeepRequest,
  examine: Examine,
  tell: (progress: Progress) => void,
): Promise<Kept> {
  requirePlainFile(request.live, request.home);
  ensureOwnFolder(request.folder);
  const final = path.join(request.folder, request.name);
  const partial = final + partialSuffix;
  // What a runner that died has left by this name, which is this operation's alone.
  for (const left of [partial, final, manifestFile(final)]) remove(left);
  const total = sizeOf(request.live);
  await copyWhole(request.live, partial, (done) =>
    tell({ phase: 'copy', done: Math.min(done, total), total }),
  );
  tell({ phase: 'sync', done: 0, total });
  sync(partial);
  const kept: Kept = request.whole
    ? { whole: true, ...(await examine(partial)) }
    : await keepDamaged(request.live, partial, final);
  if (kept.whole) {
    const { whole: _, ...facts } = kept;
    const manifest: Manifest = {
      schema: 1,
      file: request.name,
      ...request.manifest,
      source: request.live,
      notIncluded: [...notIncluded],
      ...facts,
    };
    remove(manifestFile(final) + partialSuffix);
    writeNew(manifestFile(final) + partialSuffix, `${JSON.stringify(manifest, undefined, 2)}\n`);
    publish(manifestFile(final) + partialSuffix, manifestFile(final));
  }
  publish(partial, final);
  sync(request.folder);
  sync(request.backups);
  return kept;
}

async function keepDamaged(live: string, partial: string, final: string): Promise<Kept> {
  for (const suffix of sideSuffixes) {
    // The index is made anew by whoever opens it.
    if (suffix === '-shm' || !isThere(live + suffix)) continue;
    remove(final + suffix);
    await copyWhole(live + suffix, final + suffix, () => undefined);
    sync(final + suffix);
  }
  return {
    whole: false,
    bytes: sizeOf(partial),
    sha256: await sha256(
      partial,
      occasionally(() => undefined),
    ),
  };
}

/**
 * The single actions of giving the incoming file the live one's name, in their order. Whatever stands beside the live
 * database goes first: a stale write-ahead log would be replayed into the new file (docs/t3-contract.md). With
 * `outgoing` what is replaced keeps a name; side files of the incoming one come along. A death between any two of them
 * leaves the old database or the new one under the live name, and `retreat` finds out which.
 */
export function exchangeActions({ live, home, incoming, outgoing }: ExchangeRequest): (() => void)[] {
  const folder = path.dirname(live);
  requireNoLinks(folder, home);
  return [
    () => {
      if (outgoing !== null && isThere(live)) link(live, outgoing);
    },
    ...sideSuffixes.map((suffix) => () => {
      if (!isThere(live + suffix)) return;
      if (outgoing === null) remove(live + suffix);
      else move(live + suffix, outgoing + suffix);
    }),
    () => sync(folder),
    () => move(incoming, live),
    ...sideSuffixes.map((suffix) => () => {
      if (isThere(incoming + suffix)) move(incoming + suffix, live + suffix);
    }),
    () => sync(folder),
  ];
}

/** Which file has the live name, after an exchange that may have been cut off anywhere; made whole again if it is the old. */
export function retreat({ live, home, base }: RetreatRequest): 'old' | 'new' {
  const folder = path.dirname(live);
  requireNoLinks(folder, home);
  const outgoing = beside.outgoing(base);
  if (!isThere(beside.incoming(base))) return 'new';
  for (const suffix of sideSuffixes) {
    if (isThere(outgoing + suffix) && !isThere(live + suffix)) move(outgoing + suffix, live + suffix);
  }
  remove(outgoing);
  sync(folder);
  return 'old';
}

/** Remove what a replacement has left beside the live database. */
export function settle({ live, home, base }: SettleRequest): void {
  const folder = path.dirname(live);
  // A home that is gone has nothing left in it.
  if (!isThere(folder)) return;
  requireNoLinks(folder, home);
  discardStaged(base);
  for (const suffix of ['', ...sideSuffixes]) remove(beside.outgoing(base) + suffix);
  sync(folder);
}
