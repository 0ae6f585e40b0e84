import Database from 'better-sqlite3';
import { workRows } from '../../src/sandbox/stand-in/work-rows.ts';

/** What is looked at of a database: the rows of somebody's work, as SQL would dump them. */
export function dumpWork(file: string): string {
  const db = new Database(file, { readonly: true, fileMustExist: true });
  try {
    const tables = db
      .prepare<[], { name: string }>(
        `SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'projection\\_%' ESCAPE '\\' ORDER BY name`,
      )
      .all();
    return tables
      .map(({ name }) => {
        const rows = db
          .prepare(`SELECT * FROM "${name}"`)
          .all()
          .map((row) => JSON.stringify(row));
        return `${name}\n${rows.toSorted().join('\n')}`;
      })
      .join('\n');
  } finally {
    db.close();
  }
}

/** The messages of a database, by their ids. */
export function messagesIn(file: string): Set<string> {
  const db = new Database(file, { readonly: true, fileMustExist: true });
  try {
    return new Set(
      db
        .prepare<[], { message_id: string }>('SELECT message_id FROM projection_thread_messages')
        .all()
        .map((row) => row.message_id),
    );
  } finally {
    db.close();
  }
}

/** What `integrity_check` says. */
export function integrityOf(file: string): unknown {
  const db = new Database(file, { readonly: true, fileMustExist: true });
  try {
    return db.pragma('integrity_check', { simple: true });
  } finally {
    db.close();
  }
}

/** Add a message to a database that somebody else has open, as its server would. @param at When it was written, ISO 8601 */
export function addMessage(file: string, id: string, at = '2026-01-01T00:00:00.000Z'): void {
  const db = new Database(file, { fileMustExist: true, timeout: 30_000 });
  try {
    const thread = db
      .prepare<[], { thread_id: string }>('SELECT thread_id FROM projection_thread_messages LIMIT 1')
      .get();
    db.prepare(
      `INSERT INTO projection_thread_messages (message_id, thread_id, role, text, is_streaming, created_at, updated_at)
       VALUES (?, ?, 'user', 'words', 0, ?, ?)`,
    ).run(id, thread?.thread_id ?? '', at, at);
  } finally {
    db.close();
  }
}

/** A turn begins, as far as the database says. @param at When it last moved, ISO 8601. @returns ends it */
export function beginTurn(file: string, at = new Date().toISOString()): () => void {
  const set = (turn: string | null, updated: string) => {
    const db = new Database(file, { fileMustExist: true, timeout: 30_000 });
    try {
      const { changes } = db
        .prepare(
          `UPDATE projection_thread_sessions SET active_turn_id = ?, updated_at = ?
           WHERE thread_id = (SELECT min(thread_id) FROM projection_thread_sessions)`,
        )
        .run(turn, updated);
      if (changes !== 1) throw new Error(`no session in ${file}`);
    } finally {
      db.close();
    }
  };
  set('turn', at);
  return () => set(null, '2026-01-01T00:00:00.000Z');
}

/** Somebody works: a thread, with a turn in which they ask and are answered. @param tag What makes its ids its own */
export function work(file: string, tag: string, at = new Date().toISOString()): void {
  const db = new Database(file, { fileMustExist: true, timeout: 30_000 });
  try {
    const rows = workRows(db);
    const project = db
      .prepare<[], { project_id: string }>('SELECT project_id FROM projection_projects LIMIT 1')
      .get();
    db.transaction(() => {
      const [thread, turn] = [`thread-${tag}`, `turn-${tag}`];
      rows.thread({
        id: thread,
        projectId: project?.project_id ?? '',
        title: `Work of ${tag}`,
        latestTurnId: turn,
        createdAt: at,
        updatedAt: at,
        archivedAt: null,
      });
      rows.turn({
        id: turn,
        threadId: thread,
        state: 'completed',
        requestedAt: at,
        completedAt: at,
        checkpoint: null,
      });
      for (const role of ['user', 'assistant'] as const)
        rows.message({
          id: `message-${tag}-${role}`,
          threadId: thread,
          turnId: turn,
          role,
          text: `words of ${tag}`,
          streaming: false,
          at,
        });
    })();
  } finally {
    db.close();
  }
}

/** As if `work` had never been. */
export function endWork(file: string, tag: string): void {
  const db = new Database(file, { fileMustExist: true, timeout: 30_000 });
  try {
    for (const [table, column] of [
      ['projection_thread_messages', 'thread_id'],
      ['projection_turns', 'thread_id'],
      ['projection_threads', 'thread_id'],
    ])
      db.prepare(`DELETE FROM ${table} WHERE ${column} = ?`).run(`thread-${tag}`);
  } finally {
    db.close();
  }
}
