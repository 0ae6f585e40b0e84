import { randomUUID } from 'node:crypto';
import type Database from 'better-sqlite3';

/** How often a busy instance writes, milliseconds. */
const interval = 100;

/** Messages of one busy stretch that are kept; a sandbox that is left running does not fill the disk. */
const keptMessages = 5000;

/**
 * What a user does in their instance, simulated: `idle` nothing; `busy` a turn is in flight, and an agent writes all
 * the time.
 *
 * @returns the end of it: as after a crash, the turn stays marked as in flight.
 */
export function startActivity(db: Database.Database, activity: string): () => void {
  if (activity !== 'busy') return () => undefined;
  const thread = db
    .prepare<[], { thread_id: string }>(
      'SELECT thread_id FROM projection_threads WHERE deleted_at IS NULL ORDER BY updated_at DESC LIMIT 1',
    )
    .get()?.thread_id;
  if (thread === undefined) return () => undefined;
  const turn = randomUUID();
  beginTurn(db, thread, turn);
  const timer = setInterval(() => work(db, thread, turn), interval);
  return () => clearInterval(timer);
}

function beginTurn(db: Database.Database, thread: string, turn: string): void {
  const now = new Date().toISOString();
  db.transaction(() => {
    db.prepare(
      `INSERT INTO projection_turns (thread_id, turn_id, state, requested_at, started_at, checkpoint_files_json)
       VALUES (?, ?, 'running', ?, ?, '[]')`,
    ).run(thread, turn, now, now);
    db.prepare(
      `INSERT INTO projection_thread_sessions (thread_id, status, provider_name, active_turn_id, updated_at, provider_instance_id)
       VALUES (?, 'running', 'codex', ?, ?, 'codex')
       ON CONFLICT (thread_id) DO UPDATE SET status = 'running', active_turn_id = excluded.active_turn_id, updated_at = excluded.updated_at`,
    ).run(thread, turn, now);
    db.prepare(
      'UPDATE projection_threads SET latest_turn_id = ?, latest_user_message_at = ?, updated_at = ? WHERE thread_id = ?',
    ).run(turn, now, now, thread);
  })();
}

function work(db: Database.Database, thread: string, turn: string): void {
  const now = new Date().toISOString();
  db.transaction(() => {
    db.prepare(
      `INSERT INTO projection_thread_messages (message_id, thread_id, turn_id, role, text, is_streaming, created_at, updated_at)
       VALUES (?, ?, ?, 'assistant', ?, 1, ?, ?)`,
    ).run(randomUUID(), thread, turn, `Working on it: step of ${now}. `.repeat(20), now, now);
    db.prepare(
      `DELETE FROM projection_thread_messages WHERE message_id IN (
         SELECT message_id FROM projection_thread_messages WHERE thread_id = ? AND turn_id = ?
          ORDER BY created_at DESC, message_id LIMIT -1 OFFSET ?)`,
    ).run(thread, turn, keptMessages);
    db.prepare('UPDATE projection_thread_sessions SET updated_at = ? WHERE thread_id = ?').run(now, thread);
    db.prepare('UPDATE projection_threads SET updated_at = ? WHERE thread_id = ?').run(now, thread);
  })();
}
