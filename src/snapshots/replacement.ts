import * as z from 'zod';
import type { Account } from '../host/account.ts';
import type { Conversation } from '../host/conversation.ts';
import type { Host } from '../host/host.ts';
import { entryCommand } from '../host/program.ts';
import { excerpt } from '../text/printable.ts';
import type { SnapshotFacts } from './manifest.ts';
import type { Held, HoldAnswer, HoldRequest } from './owner/hold-protocol.ts';
import type {
  ExchangeRequest,
  Kept,
  KeepRequest,
  RetreatRequest,
  SettleRequest,
  StageRequest,
} from './owner/protocol.ts';
import { converse, SnapshotProblem, type SnapshotterOptions } from './snapshotter.ts';

export { beside } from './owner/replacement.ts';

/** Putting a snapshot in the place of a live database (guarantee 3). Every function has it done as the owner. */

/**
 * Write a copy of a snapshot beside the live database, and read what was written. Nothing is replaced yet.
 *
 * @throws SnapshotFinding when it is no whole snapshot, or not the one recorded; SnapshotProblem when that, or the
 *   writing, could not be done. What was written is left, and `settleReplacement` removes it.
 */
export async function stageSnapshot(
  host: Host,
  request: Omit<StageRequest, 'verb'>,
  options: SnapshotterOptions,
): Promise<SnapshotFacts> {
  const line = await converse(host, { verb: 'stage', ...request }, options);
  if (!('facts' in line)) throw new SnapshotProblem('the snapshotter gave no facts');
  return line.facts;
}

/** Copy a live database that is held into the backup folder. @throws SnapshotProblem */
export async function keepLive(
  host: Host,
  request: Omit<KeepRequest, 'verb'>,
  options: SnapshotterOptions,
): Promise<Kept> {
  const line = await converse(host, { verb: 'keep', ...request }, options);
  if (!('kept' in line)) throw new SnapshotProblem('the snapshotter did not say what it kept');
  return line.kept;
}

/** Give the incoming file the live one's name. @throws SnapshotProblem; `retreat` then finds out what happened. */
export async function exchange(
  host: Host,
  request: Omit<ExchangeRequest, 'verb'>,
  options: SnapshotterOptions,
): Promise<void> {
  const line = await converse(host, { verb: 'exchange', ...request }, options);
  if (!('done' in line)) throw new SnapshotProblem('the snapshotter did not say what it did');
}

/** Which file has the live name, after an exchange that may have been cut off. @throws SnapshotProblem */
export async function retreat(
  host: Host,
  request: Omit<RetreatRequest, 'verb'>,
  options: SnapshotterOptions,
): Promise<'old' | 'new'> {
  const line = await converse(host, { verb: 'retreat', ...request }, options);
  if (!('live' in line)) throw new SnapshotProblem('the snapshotter did not say which file is live');
  return line.live;
}

/** Remove what a replacement has left beside the live database. @throws SnapshotProblem */
export async function settleReplacement(
  host: Host,
  request: Omit<SettleRequest, 'verb'>,
  options: SnapshotterOptions,
): Promise<void> {
  const line = await converse(host, { verb: 'settle', ...request }, options);
  if (!('done' in line)) throw new SnapshotProblem('the snapshotter did not say what it did');
}

const answerSchema: z.ZodType<HoldAnswer> = z.union([
  z.object({
    held: z.union([
      z.object({ whole: z.literal(true) }),
      z.object({ whole: z.literal(false), problem: z.string() }),
    ]),
  }),
  z.object({ problem: z.string() }),
]);

/**
 * Keeps databases of one user closed to everybody else (SQLite's exclusive lock), the dispatch's visits included, for
 * as long as it lives. It dies with this process.
 */
export class Keeper {
  readonly #conversation: Conversation;
  readonly #timeout: number;

  /** @param timeout Milliseconds for one database, its check included. */
  constructor(host: Host, account: Account, timeout: number, memory: number) {
    this.#timeout = timeout;
    this.#conversation = host.commands.converse(entryCommand('keeper'), {
      as: account,
      ceilings: { cpu: timeout / 1000, memory, engines: 1 },
    });
  }

  get pid(): number | undefined {
    return this.#conversation.pid;
  }

  /** Take a database. @throws SnapshotProblem when others do not let go of it, or it cannot be looked at. */
  async hold(request: HoldRequest): Promise<Held> {
    let answer: HoldAnswer;
    try {
      answer = answerSchema.parse(
        JSON.parse(await this.#conversation.ask(JSON.stringify(request), this.#timeout + request.patience)),
      );
    } catch (error) {
      throw new SnapshotProblem(
        `the keeper failed: ${excerpt(error instanceof Error ? error.message : String(error))}`,
      );
    }
    if ('problem' in answer) throw new SnapshotProblem(excerpt(answer.problem));
    return answer.held.whole ? answer.held : { whole: false, problem: excerpt(answer.held.problem) };
  }

  /** Does it live, and are they closed to others? */
  get holds(): boolean {
    return this.#conversation.lives();
  }

  /** @throws SnapshotProblem when it has died, and everything is open again. */
  requireHeld(): void {
    if (!this.holds) throw new SnapshotProblem('the keeper has died: the database is open to others');
  }

  /** Let go of everything. */
  async release(): Promise<void> {
    await this.#conversation.end();
  }
}
