import { randomUUID } from 'node:crypto';
import type Database from 'better-sqlite3';
import { answers } from './phrases.ts';
import { populate } from './populate.ts';
import { workRows, type WorkRows } from './work-rows.ts';

/** What happens in a running instance, simulated. `busy`: a turn is in flight, and an agent writes all the time. */
export type ActivityKind = 'idle' | 'busy';

/** How often a busy instance writes, milliseconds. */
const interval = 100;
/** After so many writes a message is finished, and the next one begins. */
const writesPerMessage = 6;
/** Messages of a thread that are kept while it is busy: a sandbox that is left running must not fill the disk. */
const keptMessages = 2000;

/**
 * Begin what an instance is to be an example of.
 *
 * A turn that is in flight when the server is killed stays so in the database (docs/t3-contract.md, State database); one
 * that the returned function ends is marked as interrupted, which is the simulation's own choice: nobody measured it.
 *
 * @returns ends it.
 */
export function startActivity(db: Database.Database, kind: ActivityKind): () => void {
  if (kind === 'idle') return () => undefined;
  const agent = new Agent(db);
  const timer = setInterval(() => agent.write(), interval);
  return () => {
    clearInterval(timer);
    agent.interrupt();
  };
}

class Agent {
  readonly #db: Database.Database;
  readonly #rows: WorkRows;
  readonly #thread: string;
  readonly #turn = randomUUID();
  #message = '';
  #writes = 0;
  readonly #extend: Database.Statement;
  readonly #touch: Database.Transaction<(now: string) => void>;
  readonly #forget: Database.Statement;

  constructor(db: Database.Database) {
    this.#db = db;
    this.#rows = workRows(db);
    this.#thread = threadOf(db);
    this.#extend = db.prepare(
      'UPDATE projection_thread_messages SET text = text || ?, is_streaming = ?, updated_at = ? WHERE message_id = ?',
    );
    this.#forget = db.prepare(
      `DELETE FROM projection_thread_messages WHERE message_id IN (
         SELECT message_id FROM projection_thread_messages WHERE thread_id = ?
          ORDER BY created_at DESC, message_id DESC LIMIT -1 OFFSET ${keptMessages})`,
    );
    const session = db.prepare('UPDATE projection_thread_sessions SET updated_at = ? WHERE thread_id = ?');
    const thread = db.prepare('UPDATE projection_threads SET updated_at = ? WHERE thread_id = ?');
    this.#touch = db.transaction((now: string) => {
      session.run(now, this.#thread);
      thread.run(now, this.#thread);
    });
    db.transaction(() => this.#begin(new Date().toISOString()))();
  }

  #begin(now: string): void {
    const about = { threadId: this.#thread, turnId: this.#turn, at: now };
    this.#rows.turn({
      id: this.#turn,
      threadId: this.#thread,
      state: 'running',
      requestedAt: now,
      completedAt: null,
      checkpoint: null,
    });
    this.#rows.message({ ...about, id: randomUUID(), role: 'user', text: 'Go on.', streaming: false });
    this.#rows.session({
      threadId: this.#thread,
      status: 'running',
      activeTurnId: this.#turn,
      lastError: null,
      at: now,
    });
    this.#db
      .prepare(
        `UPDATE projection_threads SET latest_turn_id = ?, latest_user_message_at = ?, updated_at = ?, archived_at = NULL
          WHERE thread_id = ?`,
      )
      .run(this.#turn, now, now, this.#thread);
  }

  /** A few more words of the message that is being streamed, or the first ones of the next. */
  write(): void {
    const now = new Date().toISOString();
    const step = this.#writes % writesPerMessage;
    const text = `${answers[this.#writes % answers.length] ?? ''} `;
    this.#db.transaction(() => {
      if (step === 0) {
        this.#message = randomUUID();
        this.#rows.message({
          id: this.#message,
          threadId: this.#thread,
          turnId: this.#turn,
          role: 'assistant',
          text,
          streaming: true,
          at: now,
        });
        this.#forget.run(this.#thread);
      } else {
        this.#extend.run(text, step === writesPerMessage - 1 ? 0 : 1, now, this.#message);
      }
      this.#touch(now);
    })();
    this.#writes += 1;
  }

  interrupt(): void {
    const now = new Date().toISOString();
    this.#db.transaction(() => {
      this.#extend.run('', 0, now, this.#message);
      this.#db
        .prepare(
          `UPDATE projection_turns SET state = 'interrupted', completed_at = ? WHERE thread_id = ? AND turn_id = ?`,
        )
        .run(now, this.#thread, this.#turn);
      this.#rows.session({
        threadId: this.#thread,
        status: 'interrupted',
        activeTurnId: null,
        lastError: null,
        at: now,
      });
    })();
  }
}

/** The thread of the last work; in an empty database a first one. */
function threadOf(db: Database.Database): string {
  const last = db.prepare<[], { thread_id: string }>(
    'SELECT thread_id FROM projection_threads WHERE deleted_at IS NULL ORDER BY updated_at DESC LIMIT 1',
  );
  const found = last.get()?.thread_id;
  if (found !== undefined) return found;
  populate(db, { seed: 1, now: Date.now(), threads: 1 });
  const made = last.get()?.thread_id;
  if (made === undefined) throw new Error('no thread to be busy in');
  return made;
}
