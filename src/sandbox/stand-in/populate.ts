import { createHash } from 'node:crypto';
import type Database from 'better-sqlite3';

export interface PopulateOptions {
  /** Whose work it is: names the workspaces, and makes the content the same every time. */
  user: string;
  threads: number;
  /** Milliseconds since 1970 of the last work. */
  lastWork: number;
}

const projects = ['billing-api', 'website', 'infra', 'notebooks', 'mobile-app'];
const topics = [
  'Fix the flaky login test',
  'Refactor the invoice parser',
  'Explain why the nightly build is slow',
  'Add pagination to the admin list',
  'Upgrade the web framework',
  'Find the memory leak in the worker',
  'Write docs for the deploy script',
  'Migrate settings to the new schema',
  'Review the retry logic',
  'Make the importer idempotent',
];
const questions = [
  'Could you look at this?',
  'It fails on CI only.',
  'Please keep the public API as it is.',
  'Add a test for it first.',
  'What would you change?',
];
const answers = [
  'I read the module and its tests. The failure comes from shared state between two cases; I isolated it and added a regression test.',
  'Done. The parser is split in two functions now, each with a docstring, and the old entry point delegates to them.',
  'The slow part is the dependency scan: it runs three times. Caching its result takes the build from nine minutes to four.',
  'I added the parameter with a default, so existing callers are not affected, and updated the two places that need it.',
];

const hour = 3_600_000;
const model = '{"instanceId":"codex","model":"gpt-5.4"}';

/** Fill a database with believable work, by columns that every schema from 30 to 38 has. The same for the same options. */
export function populate(db: Database.Database, options: PopulateOptions): void {
  const id = (...parts: (string | number)[]) => stableId([options.user, ...parts].join('/'));
  const fill = db.transaction(() => {
    const used = projects.slice(0, Math.min(projects.length, 1 + Math.floor(options.threads / 4)));
    used.forEach((name) => insertProject(db, id('project', name), name, options));
    for (let index = 0; index < options.threads; index += 1) {
      const project = used[index % used.length] ?? 'website';
      const thread = id('thread', index);
      // The newest thread has the last work; the others lie ever further back.
      const at = options.lastWork - index * 7 * hour;
      insertThread(
        db,
        thread,
        id('project', project),
        `${topics[index % topics.length] ?? ''} (${project})`,
        at,
        id('turn', index, turnsOf(index) - 1),
      );
      insertConversation(
        db,
        thread,
        at,
        turnsOf(index),
        (...parts) => id('message', index, ...parts),
        (turn) => id('turn', index, turn),
      );
    }
  });
  fill();
}

const turnsOf = (thread: number) => 2 + (thread % 4);

function insertProject(
  db: Database.Database,
  id: string,
  name: string,
  { user, lastWork }: PopulateOptions,
): void {
  const at = iso(lastWork - 90 * 24 * hour);
  db.prepare(
    `INSERT INTO projection_projects (project_id, title, workspace_root, scripts_json, created_at, updated_at, default_model_selection_json)
     VALUES (?, ?, ?, '[]', ?, ?, ?)`,
  ).run(id, name, `/home/${user}/code/${name}`, at, at, model);
}

function insertThread(
  db: Database.Database,
  thread: string,
  project: string,
  title: string,
  at: number,
  lastTurn: string,
): void {
  db.prepare(
    `INSERT INTO projection_threads (thread_id, project_id, title, latest_turn_id, created_at, updated_at, model_selection_json, latest_user_message_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(thread, project, title, lastTurn, iso(at - 3 * hour), iso(at), model, iso(at));
  db.prepare(
    `INSERT INTO projection_thread_sessions (thread_id, status, provider_name, updated_at, provider_instance_id) VALUES (?, 'stopped', 'codex', ?, 'codex')`,
  ).run(thread, iso(at));
}

function insertConversation(
  db: Database.Database,
  thread: string,
  at: number,
  turns: number,
  messageId: (turn: number, role: string) => string,
  turnId: (turn: number) => string,
): void {
  const insertMessage = db.prepare(
    `INSERT INTO projection_thread_messages (message_id, thread_id, turn_id, role, text, is_streaming, created_at, updated_at) VALUES (?, ?, ?, ?, ?, 0, ?, ?)`,
  );
  const insertTurn = db.prepare(
    `INSERT INTO projection_turns (thread_id, turn_id, state, requested_at, started_at, completed_at, checkpoint_files_json) VALUES (?, ?, 'completed', ?, ?, ?, '[]')`,
  );
  for (let turn = 0; turn < turns; turn += 1) {
    const asked = iso(at - (turns - turn) * 600_000);
    const answered = iso(at - (turns - turn) * 600_000 + 240_000);
    insertTurn.run(thread, turnId(turn), asked, asked, answered);
    insertMessage.run(
      messageId(turn, 'user'),
      thread,
      turnId(turn),
      'user',
      questions[turn % questions.length] ?? '',
      asked,
      asked,
    );
    insertMessage.run(
      messageId(turn, 'assistant'),
      thread,
      turnId(turn),
      'assistant',
      answers[turn % answers.length] ?? '',
      answered,
      answered,
    );
  }
}

/** Grow a populated database with long conversations until it has at least so many bytes; real ones have gigabytes. */
export function grow(db: Database.Database, options: PopulateOptions, bytes: number): void {
  // Nobody's data: an fsync a batch would only make the sandbox slow to build.
  db.pragma('synchronous = OFF');
  const thread = stableId(`${options.user}/thread/0`);
  const paragraph = `${answers.join(' ')}\n`.repeat(40);
  const insert = db.prepare(
    `INSERT INTO projection_thread_messages (message_id, thread_id, turn_id, role, text, is_streaming, created_at, updated_at) VALUES (?, ?, NULL, 'assistant', ?, 0, ?, ?)`,
  );
  const size = () =>
    Number(db.pragma('page_count', { simple: true })) * Number(db.pragma('page_size', { simple: true }));
  const batch = db.transaction((first: number) => {
    for (let index = first; index < first + 200; index += 1) {
      const at = iso(options.lastWork - 100 * 24 * hour + index * 1000);
      insert.run(stableId(`${options.user}/long/${index}`), thread, `${index}: ${paragraph}`, at, at);
    }
  });
  for (let first = 0; size() < bytes; first += 200) batch(first);
}

const iso = (time: number) => new Date(time).toISOString();

/** A UUID that is the same every time. */
function stableId(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
