import * as z from 'zod';
import type { Account } from '../host/account.ts';
import { complaint, failureText } from '../host/commands.ts';
import type { Host } from '../host/host.ts';
import { entryCommand } from '../host/program.ts';
import { migrationSchema, workSchema } from '../t3/state-schema.ts';
import { excerpt } from '../text/printable.ts';
import type { SnapshotFacts } from './manifest.ts';
import type {
  ClearRequest,
  Contents,
  DiscardRequest,
  DuplicateRequest,
  Kept,
  Line,
  Progress,
  RemoveRequest,
  Request,
  TakeRequest,
  UnpackRequest,
  VerifyRequest,
} from './owner/protocol.ts';

const sum = z.string().regex(/^[0-9a-f]{64}$/);
const facts = {
  bytes: z.int().min(1),
  sha256: sum,
  pageSize: z.int(),
  migrations: z.array(migrationSchema).min(1),
  work: workSchema,
};
const factsSchema: z.ZodType<SnapshotFacts> = z.object(facts);
const keptSchema: z.ZodType<Kept> = z.union([
  z.object({ whole: z.literal(true), ...facts }),
  z.object({ whole: z.literal(false), bytes: z.int().min(0), sha256: sum }),
]);

const contentsSchema: z.ZodType<Contents> = z.object({
  migrations: z.array(migrationSchema),
  work: workSchema,
});

/** Of a progress: never negative, or a bar drawn from it could not be. */
const amount = z.number().min(0).max(Number.MAX_SAFE_INTEGER);

const lineSchema: z.ZodType<Line> = z.union([
  z.object({
    progress: z.object({ phase: z.enum(['copy', 'sync', 'check']), done: amount, total: amount }),
  }),
  z.object({ facts: factsSchema }),
  z.object({ published: z.boolean() }),
  z.object({ removed: z.boolean() }),
  z.object({ unpacked: z.literal(true) }),
  z.object({ duplicated: contentsSchema.nullable() }),
  z.object({ cleared: contentsSchema.nullable() }),
  z.object({ kept: keptSchema }),
  z.object({ done: z.literal(true) }),
  z.object({ live: z.enum(['old', 'new']) }),
  z.object({ problem: z.string(), unseen: z.boolean() }),
]);

/** A snapshot could not be taken, checked or removed; the message is for the admin. */
export class SnapshotProblem extends Error {
  override readonly name: string = 'SnapshotProblem';
}

/** The snapshot was looked at and found wanting; what is no finding (a timeout, no memory) says nothing about it. */
export class SnapshotFinding extends SnapshotProblem {
  override readonly name = 'SnapshotFinding';
}

export interface SnapshotterOptions {
  account: Account;
  /** Milliseconds for the whole request. */
  timeout: number;
  /** Bytes of private memory. */
  memory: number;
  /** Bytes that the copy was promised room for. What a database seems to hold, and what a copy of it takes, is up to its owner. */
  promised?: number;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/**
 * Take a snapshot as the owner (guarantee 1). Resolves once the checked copy and its manifest have their final names
 * and are on the disk; to be listed, its facts must be recorded in the journal.
 *
 * @throws SnapshotProblem; what was written until then is left, and `discardSnapshot` removes it.
 */
export async function takeSnapshot(
  host: Host,
  request: Omit<TakeRequest, 'verb'>,
  options: SnapshotterOptions,
): Promise<SnapshotFacts> {
  const line = await converse(host, { verb: 'take', ...request }, options);
  if (!('facts' in line)) throw new SnapshotProblem('the snapshotter gave no facts');
  return line.facts;
}

/**
 * Read a finished snapshot wholly: its checksum, integrity and contents now.
 *
 * @throws SnapshotFinding when it is no whole snapshot; SnapshotProblem when that could not be found out.
 */
export async function examineSnapshot(
  host: Host,
  request: Omit<VerifyRequest, 'verb'>,
  options: SnapshotterOptions,
): Promise<SnapshotFacts> {
  const line = await converse(host, { verb: 'verify', ...request }, options);
  if (!('facts' in line)) throw new SnapshotProblem('the snapshotter gave no facts');
  return line.facts;
}

/**
 * Remove what an unfinished `takeSnapshot` left under this name.
 *
 * @returns whether it was finished after all: then the snapshot is there, published, and was not touched.
 * @throws SnapshotProblem
 */
export async function discardSnapshot(
  host: Host,
  request: Omit<DiscardRequest, 'verb'>,
  options: SnapshotterOptions,
): Promise<boolean> {
  const line = await converse(host, { verb: 'discard', ...request }, options);
  if (!('published' in line)) throw new SnapshotProblem('the snapshotter did not say what it found');
  return line.published;
}

/**
 * Remove a snapshot and its manifest. Without `expected`: only clear up after a removal that was cut off.
 *
 * @returns whether the snapshot is gone.
 * @throws SnapshotFinding when it is not the expected file; it is left alone then.
 * @throws SnapshotProblem when it could not be looked at, or not removed.
 */
export async function removeSnapshot(
  host: Host,
  request: Omit<RemoveRequest, 'verb'>,
  options: SnapshotterOptions,
): Promise<boolean> {
  const line = await converse(host, { verb: 'remove', ...request }, options);
  if (!('removed' in line)) throw new SnapshotProblem('the snapshotter did not say what it did');
  return line.removed;
}

/** Copy a snapshot into a scratch base directory. @throws SnapshotProblem */
export async function unpackSnapshot(
  host: Host,
  request: Omit<UnpackRequest, 'verb'>,
  options: SnapshotterOptions,
): Promise<void> {
  const line = await converse(host, { verb: 'unpack', ...request }, options);
  if (!('unpacked' in line)) throw new SnapshotProblem('the snapshotter did not say what it did');
}

/** Copy a live database into a scratch base directory. @returns what is in it, if there is one @throws SnapshotProblem */
export async function duplicateDatabase(
  host: Host,
  request: Omit<DuplicateRequest, 'verb'>,
  options: SnapshotterOptions,
): Promise<Contents | undefined> {
  const line = await converse(host, { verb: 'duplicate', ...request }, options);
  if (!('duplicated' in line)) throw new SnapshotProblem('the snapshotter did not say what it did');
  return line.duplicated ?? undefined;
}

/**
 * Remove a scratch base directory.
 *
 * @returns what its database held in the end; undefined where it cannot be read.
 * @throws SnapshotProblem
 */
export async function clearScratch(
  host: Host,
  request: Omit<ClearRequest, 'verb'>,
  options: SnapshotterOptions,
): Promise<Contents | undefined> {
  const line = await converse(host, { verb: 'clear', ...request }, options);
  if (!('cleared' in line)) throw new SnapshotProblem('the snapshotter did not say what it found');
  return line.cleared ?? undefined;
}

type Answer = Exclude<Line, { progress: unknown }>;

/** A database grows between plan and copy; one of a few pages makes a file of a few pages more. Bytes. */
const growth = 64 * 1024 ** 2;

/** Nobody's disk copies, flushes and reads back less than this in a second. Bytes. */
const slowest = 1024 ** 2;
const leastTime = 60_000;

/**
 * The most that a copy may write, and the longest that it may take. A database can be made so that its copy has a
 * thousand times its size (tables that share their pages), or is checked for hours (a constraint that never ends).
 */
export function boundsOf({ timeout, promised }: Pick<SnapshotterOptions, 'timeout' | 'promised'>): {
  timeout: number;
  file?: number;
} {
  if (promised === undefined) return { timeout };
  return {
    timeout: Math.min(timeout, leastTime + Math.ceil((promised / slowest) * 1000)),
    file: 2 * promised + growth,
  };
}

/** One request to a snapshotter of its own. @throws SnapshotProblem, SnapshotFinding */
export async function converse(host: Host, request: Request, options: SnapshotterOptions): Promise<Answer> {
  let answer: Answer | undefined;
  const { timeout, ...largest } = boundsOf(options);
  const result = await host.commands.run(entryCommand('snapshotter'), {
    as: options.account,
    // Itself, the worker that copies or checks, and one that has just ended.
    ceilings: { cpu: timeout / 1000, memory: options.memory, engines: 3, ...largest },
    timeout,
    input: JSON.stringify(request),
    maxOutput: 16 * 1024 * 1024,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    onLine: (text) => {
      const line = parseLine(text);
      if (line === undefined) return;
      if ('progress' in line) options.onProgress?.(line.progress);
      else answer = line;
    },
  });
  const failure = failureText(result);
  if (failure !== undefined) {
    if (result.failure === 'cancelled') throw new SnapshotProblem('stopped');
    if (result.failure === 'timeout')
      throw new SnapshotProblem(`not finished within ${Math.round(timeout / 1000)} s`);
    throw new SnapshotProblem(`the snapshotter failed: ${excerpt(complaint(result))}`);
  }
  if (answer === undefined) throw new SnapshotProblem('the snapshotter ended without an answer');
  if ('problem' in answer) {
    const words = excerpt(answer.problem);
    throw answer.unseen ? new SnapshotProblem(words) : new SnapshotFinding(words);
  }
  return answer;
}

function parseLine(text: string): Line | undefined {
  try {
    return lineSchema.safeParse(JSON.parse(text)).data;
  } catch {
    // Not JSON: whatever printed it, it is no answer, and without an answer the snapshot has failed.
    return undefined;
  }
}
