import type Database from 'better-sqlite3';

/**
 * Rows of somebody's work, by the columns that every schema level from 30 to 38 has. As in the fixtures, there are no
 * events behind threads, turns and messages: only behind projects.
 */
export interface WorkRows {
  project(row: {
    id: string;
    title: string;
    root: string;
    at: string;
    commandId: string;
    eventId: string;
  }): void;
  thread(row: {
    id: string;
    projectId: string;
    title: string;
    latestTurnId: string | null;
    createdAt: string;
    updatedAt: string;
    archivedAt: string | null;
  }): void;
  session(row: {
    threadId: string;
    status: string;
    activeTurnId: string | null;
    lastError: string | null;
    at: string;
  }): void;
  turn(row: {
    id: string;
    threadId: string;
    state: string;
    requestedAt: string;
    completedAt: string | null;
    checkpoint: number | null;
  }): void;
  message(row: {
    id: string;
    threadId: string;
    turnId: string | null;
    role: 'user' | 'assistant';
    text: string;
    streaming: boolean;
    at: string;
  }): void;
  activity(row: {
    id: string;
    threadId: string;
    turnId: string;
    summary: string;
    sequence: number;
    at: string;
  }): void;
  diff(row: { threadId: string; from: number; diff: string; at: string }): void;
  /** What a provider's session left behind; moves at every start and stop of the server. */
  runtime(row: { threadId: string; at: string }): void;
  /** How far the projections have got: to the last event. */
  projectors(at: string): void;
}

const model = JSON.stringify({ instanceId: 'codex', model: 'gpt-5.4' });

const projectors = [
  'projects',
  'thread-messages',
  'thread-proposed-plans',
  'thread-activities',
  'thread-sessions',
  'thread-turns',
  'checkpoints',
  'pending-approvals',
  'threads',
];

/** Prepared once, for many rows. */
export function workRows(db: Database.Database): WorkRows {
  const event = db.prepare(
    `INSERT INTO orchestration_events (event_id, aggregate_kind, stream_id, stream_version, event_type, occurred_at,
       command_id, correlation_id, actor_kind, payload_json, metadata_json)
     VALUES (?, 'project', ?, 0, 'project.created', ?, ?, ?, 'client', ?, '{}')`,
  );
  const receipt = db.prepare(
    `INSERT INTO orchestration_command_receipts (command_id, aggregate_kind, aggregate_id, accepted_at, result_sequence, status)
     VALUES (?, 'project', ?, ?, ?, 'accepted')`,
  );
  const project = db.prepare(
    `INSERT INTO projection_projects (project_id, title, workspace_root, scripts_json, created_at, updated_at, default_model_selection_json)
     VALUES (?, ?, ?, '[]', ?, ?, ?)`,
  );
  const thread = db.prepare(
    `INSERT INTO projection_threads (thread_id, project_id, title, latest_turn_id, created_at, updated_at,
       model_selection_json, archived_at, latest_user_message_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const session = db.prepare(
    `INSERT INTO projection_thread_sessions (thread_id, status, provider_name, active_turn_id, last_error, updated_at, provider_instance_id)
     VALUES (?, ?, 'codex', ?, ?, ?, 'codex')
     ON CONFLICT (thread_id) DO UPDATE SET status = excluded.status, active_turn_id = excluded.active_turn_id,
       last_error = excluded.last_error, updated_at = excluded.updated_at`,
  );
  const turn = db.prepare(
    `INSERT INTO projection_turns (thread_id, turn_id, state, requested_at, started_at, completed_at,
       checkpoint_turn_count, checkpoint_ref, checkpoint_status, checkpoint_files_json)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '[]')`,
  );
  const message = db.prepare(
    `INSERT INTO projection_thread_messages (message_id, thread_id, turn_id, role, text, is_streaming, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const activity = db.prepare(
    `INSERT INTO projection_thread_activities (activity_id, thread_id, turn_id, tone, kind, summary, payload_json, created_at, sequence)
     VALUES (?, ?, ?, 'tool', 'tool.completed', ?, '{}', ?, ?)`,
  );
  const diff = db.prepare(
    `INSERT INTO checkpoint_diff_blobs (thread_id, from_turn_count, to_turn_count, diff, created_at) VALUES (?, ?, ?, ?, ?)`,
  );
  const runtime = db.prepare(
    `INSERT OR REPLACE INTO provider_session_runtime (thread_id, provider_name, adapter_key, status, last_seen_at,
       resume_cursor_json, runtime_payload_json, provider_instance_id)
     VALUES (?, 'codex', 'codex', 'stopped', ?, 'null', ?, 'codex')`,
  );
  const projector = db.prepare(
    `INSERT OR REPLACE INTO projection_state (projector, last_applied_sequence, updated_at)
     VALUES (?, (SELECT coalesce(max(sequence), 0) FROM orchestration_events), ?)`,
  );
  return {
    project({ id, title, root, at, commandId, eventId }) {
      const payload = {
        projectId: id,
        title,
        workspaceRoot: root,
        defaultModelSelection: JSON.parse(model) as unknown,
        scripts: [],
        createdAt: at,
        updatedAt: at,
      };
      const { lastInsertRowid } = event.run(eventId, id, at, commandId, commandId, JSON.stringify(payload));
      receipt.run(commandId, id, at, lastInsertRowid);
      project.run(id, title, root, at, at, model);
    },
    thread({ id, projectId, title, latestTurnId, createdAt, updatedAt, archivedAt }) {
      thread.run(id, projectId, title, latestTurnId, createdAt, updatedAt, model, archivedAt, updatedAt);
    },
    session({ threadId, status, activeTurnId, lastError, at }) {
      session.run(threadId, status, activeTurnId, lastError, at);
    },
    turn({ id, threadId, state, requestedAt, completedAt, checkpoint }) {
      const reference = checkpoint === null ? null : `refs/t3/checkpoints/${threadId}/turn/${checkpoint}`;
      const status = checkpoint === null ? null : 'ready';
      turn.run(threadId, id, state, requestedAt, requestedAt, completedAt, checkpoint, reference, status);
    },
    message({ id, threadId, turnId, role, text, streaming, at }) {
      message.run(id, threadId, turnId, role, text, streaming ? 1 : 0, at, at);
    },
    activity({ id, threadId, turnId, summary, sequence, at }) {
      activity.run(id, threadId, turnId, summary, at, sequence);
    },
    diff({ threadId, from, diff: text, at }) {
      diff.run(threadId, from, from + 1, text, at);
    },
    runtime({ threadId, at }) {
      const payload = { activeTurnId: null, lastRuntimeEvent: 'provider.stopAll', lastRuntimeEventAt: at };
      runtime.run(threadId, at, JSON.stringify(payload));
    },
    projectors(at) {
      for (const name of projectors) projector.run(`projection.${name}`, at);
    },
  };
}
