import path from 'node:path';
import {
  alias,
  ensureOwnFolder,
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
import type { DatabaseFacts, DatabaseJob } from './database-work.ts';
import type { DiscardRequest, Line, Progress, Request, TakeRequest, VerifyRequest } from './protocol.ts';
import { occasionally, progressInterval } from './progress.ts';
import { clear, duplicate, removeSnapshot, unpack } from './removal.ts';
import { exchangeActions, keep, retreat, settle, stage } from './replacement.ts';
import { isUnseen } from './unseen.ts';

/** Runs a database job off this thread. */
export type DatabaseWorker = (job: DatabaseJob) => Promise<unknown>;

/** Serve one request as the owner; the answer is the last line told. */
export async function serve(
  request: Request,
  work: DatabaseWorker,
  tell: (line: Line) => void,
): Promise<void> {
  const reads = (file: string) => examine(file, work, (progress) => tell({ progress }));
  try {
    switch (request.verb) {
      case 'take':
        return tell({ facts: await take(request, work, (progress) => tell({ progress })) });
      case 'verify':
        return tell({ facts: await verify(request, work, (progress) => tell({ progress })) });
      case 'discard':
        return tell({ published: discard(request) });
      case 'remove':
        return tell({ removed: await removeSnapshot(request, (progress) => tell({ progress })) });
      case 'unpack':
        unpack(request);
        return tell({ unpacked: true });
      case 'duplicate':
        return tell({ duplicated: await duplicate(request, work) });
      case 'clear':
        return tell({ cleared: await clear(request, work) });
      case 'stage':
        return tell({ facts: await stage(request, reads, (progress) => tell({ progress })) });
      case 'keep':
        return tell({ kept: await keep(request, reads, (progress) => tell({ progress })) });
      case 'exchange':
        for (const act of exchangeActions(request)) act();
        return tell({ done: true });
      case 'retreat':
        return tell({ live: retreat(request) });
      case 'settle':
        settle(request);
        return tell({ done: true });
    }
  } catch (error) {
    tell({ problem: error instanceof Error ? error.message : String(error), unseen: isUnseen(error) });
  }
}

/**
 * Guarantee 1: a temporary name, fsync, integrity check, SHA-256, manifest, rename, fsync of the folder, in this order;
 * whoever finds the final name finds a whole, checked snapshot under it.
 */
async function take(
  request: TakeRequest,
  work: DatabaseWorker,
  tell: (progress: Progress) => void,
): Promise<SnapshotFacts> {
  requirePlainFile(request.source, request.home);
  ensureOwnFolder(request.folder);
  const final = path.join(request.folder, request.name);
  const partial = final + partialSuffix;
  const total = Number(await work({ job: 'measure', source: request.source, patience: request.patience }));

  tell({ phase: 'copy', done: 0, total });
  const watch = setInterval(
    () => tell({ phase: 'copy', done: Math.min(sizeOf(partial), total), total }),
    progressInterval,
  );
  try {
    await work({ job: 'copy', source: request.source, target: partial, patience: request.patience });
  } finally {
    clearInterval(watch);
  }
  const bytes = sizeOf(partial);
  tell({ phase: 'sync', done: 0, total: bytes });
  sync(partial);

  const facts = await examine(partial, work, tell);
  const manifest: Manifest = {
    schema: 1,
    file: request.name,
    ...request.manifest,
    source: request.source,
    notIncluded: [...notIncluded],
    ...facts,
  };
  writeNew(manifestFile(final) + partialSuffix, `${JSON.stringify(manifest, undefined, 2)}\n`);
  publish(manifestFile(final) + partialSuffix, manifestFile(final));
  publish(partial, final);
  if (request.alias !== null) alias(final, path.join(request.backups, request.alias));
  sync(request.folder);
  // The folder of ours may be new in the user's backup folder.
  sync(request.backups);
  return facts;
}

async function verify(
  request: VerifyRequest,
  work: DatabaseWorker,
  tell: (progress: Progress) => void,
): Promise<SnapshotFacts> {
  const file = path.join(request.folder, request.name);
  requirePlainFile(file, request.backups);
  return examine(file, work, tell);
}

/** Checksum here and integrity in the worker, at the same time: both read the file once, from the page cache. */
async function examine(
  file: string,
  work: DatabaseWorker,
  tell: (progress: Progress) => void,
): Promise<SnapshotFacts> {
  const bytes = sizeOf(file);
  const hashing = sha256(
    file,
    occasionally((done) => tell({ phase: 'check', done, total: bytes })),
  );
  const [sum, contents] = await Promise.all([
    hashing,
    work({ job: 'check', file }) as Promise<DatabaseFacts>,
  ]);
  return { bytes, sha256: sum, ...contents };
}

function discard(request: DiscardRequest): boolean {
  const final = path.join(request.folder, request.name);
  try {
    requireNoLinks(request.folder, request.backups);
  } catch (error) {
    // The folder was never made: then there is nothing to remove.
    if ((error as { code?: string }).code === 'ENOENT') return false;
    throw error;
  }
  const published = request.evenPublished !== true && sizeOf(final) > 0;
  remove(final + partialSuffix);
  remove(`${final}${partialSuffix}-journal`);
  remove(manifestFile(final) + partialSuffix);
  // The manifest, and what lay beside a damaged database, are published a moment before it; alone they are leftovers.
  if (!published)
    for (const left of [final, manifestFile(final), `${final}-wal`, `${final}-journal`]) remove(left);
  else if (request.alias !== null) alias(final, path.join(request.backups, request.alias));
  sync(request.folder);
  return published;
}
