import path from 'node:path';
import { FileProblem } from '../../host/files.ts';
import {
  copyOwn,
  ensureOwnFolder,
  isThere,
  remove,
  removeExactly,
  removeFolder,
  requireNoLinks,
  requirePlainFile,
  sync,
} from '../../host/owned.ts';
import { manifestFile } from '../manifest.ts';
import type { DatabaseFacts, DatabaseJob } from './database-work.ts';
import { occasionally } from './progress.ts';
import type {
  ClearRequest,
  Contents,
  DuplicateRequest,
  Progress,
  RemoveRequest,
  UnpackRequest,
} from './protocol.ts';

/** What takes snapshots away, and what unpacks one for a trial and takes that away again; as the owner. */

/**
 * Remove a snapshot, then its manifest: a manifest alone is a leftover that anybody sees to be one, a snapshot without
 * one is not.
 *
 * @returns whether the snapshot is gone.
 */
export async function removeSnapshot(
  request: RemoveRequest,
  tell: (progress: Progress) => void,
): Promise<boolean> {
  const file = path.join(request.folder, request.name);
  requireNoLinks(request.folder, request.backups);
  if (isThere(file)) {
    const { expected } = request;
    if (expected === undefined) return false;
    requirePlainFile(file, request.backups);
    await removeExactly(
      file,
      expected,
      occasionally((done) => tell({ phase: 'check', done, total: expected.bytes })),
    );
    sync(request.folder);
  }
  remove(manifestFile(file));
  sync(request.folder);
  return true;
}

/** The scratch folder must be directly in ours: it is removed with everything in it. */
function requireScratch(scratch: string, own: string): void {
  if (path.dirname(scratch) !== own || !path.basename(scratch).startsWith('.try-'))
    throw new FileProblem(scratch, 'EINVAL', 'is no scratch folder');
}

/** Make a base directory with a copy of the snapshot as its state database. */
export function unpack(request: UnpackRequest): void {
  const file = path.join(request.folder, request.name);
  requirePlainFile(file, request.backups);
  const own = path.dirname(request.scratch);
  requireScratch(request.scratch, own);
  // A snapshot of the host's own may be the first that is tried, before we ever took one.
  ensureOwnFolder(own);
  removeFolder(request.scratch);
  ensureOwnFolder(request.scratch);
  const userdata = path.join(request.scratch, 'userdata');
  ensureOwnFolder(userdata);
  copyOwn(file, path.join(userdata, 'state.sqlite'));
}

/** Make a base directory with a copy of a live database as its state database. @returns what is in it, if there is one */
export async function duplicate(
  request: DuplicateRequest,
  work: (job: DatabaseJob) => Promise<unknown>,
): Promise<Contents | null> {
  if (request.source !== null) requirePlainFile(request.source, request.home);
  const own = path.dirname(request.scratch);
  requireScratch(request.scratch, own);
  ensureOwnFolder(own);
  removeFolder(request.scratch);
  ensureOwnFolder(request.scratch);
  if (request.source === null) return null;
  const userdata = path.join(request.scratch, 'userdata');
  ensureOwnFolder(userdata);
  const target = path.join(userdata, 'state.sqlite');
  await work({ job: 'copy', source: request.source, target, patience: request.patience });
  const { migrations, work: counted } = (await work({ job: 'check', file: target })) as DatabaseFacts;
  return { migrations, work: counted };
}

/** @returns what the copy held in the end; null where it cannot be read any more. */
export async function clear(
  request: ClearRequest,
  work: (job: DatabaseJob) => Promise<unknown>,
): Promise<Contents | null> {
  requireScratch(request.scratch, request.own);
  if (!isThere(request.own)) return null;
  requireNoLinks(request.own, request.backups);
  const database = path.join(request.scratch, 'userdata/state.sqlite');
  try {
    if (!isThere(database)) return null;
    return (await work({ job: 'contents', file: database })) as Contents;
  } catch {
    // What t3 has made of the copy is no database any more: that is the answer.
    return null;
  } finally {
    removeFolder(request.scratch);
  }
}
