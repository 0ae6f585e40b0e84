import type Database from 'better-sqlite3';
import { activitySummaries, answers, diffLines, follows, projectNames, tasks } from './phrases.ts';
import { Random } from './random.ts';
import { workRows, type WorkRows } from './work-rows.ts';

export interface PopulateOptions {
  /** The same seed and the same other options make the same rows. */
  seed: number;
  /** When the last work was done, milliseconds since 1970; everything else lies before it. */
  now: number;
  /** How many threads; spread over as many projects as believable. */
  threads?: number;
  /** Where the projects lie. */
  home?: string;
  /** How large the database is to be at least. */
  bytes?: number;
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** What a long answer and a large diff weigh; a round of both is a quarter of a megabyte. */
const answerLength = 48 * 1024;
const diffLength = 208 * 1024;

const iso = (time: number) => new Date(time).toISOString();

/** Fill a database with believable work: projects, threads, turns, messages. At any schema level from 30 to 38. */
export function populate(db: Database.Database, options: PopulateOptions): void {
  const random = new Random(options.seed);
  const rows = workRows(db);
  db.transaction(() => {
    const threads = fillProjects(rows, random, options);
    rows.projectors(iso(options.now));
    if (options.bytes !== undefined) grow(db, rows, random, { ...options, bytes: options.bytes, threads });
  })();
}

/** A thread, and how many checkpoints it has. */
interface Thread {
  id: string;
  checkpoints: number;
}

function fillProjects(
  rows: WorkRows,
  random: Random,
  { now, threads: count = 12, home = '/home/alice' }: PopulateOptions,
): Thread[] {
  const names = projectNames.slice(0, Math.min(projectNames.length, Math.max(1, Math.ceil(count / 4))));
  const projects = names.map((title) => {
    const id = random.uuid();
    const at = iso(now - random.between(60, 120) * day);
    rows.project({
      id,
      title,
      root: `${home}/code/${title}`,
      at,
      commandId: random.uuid(),
      eventId: random.uuid(),
    });
    return id;
  });
  let at = now;
  return Array.from({ length: count }, (_, index) => {
    const projectId = projects[index % projects.length] ?? '';
    const thread = fillThread(rows, random, { projectId, at, newest: index === 0 });
    // Ever further back: the first has the last work.
    at -= random.between(2, 20) * hour;
    return thread;
  });
}

function fillThread(
  rows: WorkRows,
  random: Random,
  { projectId, at, newest }: { projectId: string; at: number; newest: boolean },
): Thread {
  const id = random.uuid();
  const task = random.pick(tasks);
  const turns = random.between(2, 7);
  const apart = random.between(4, 25) * minute;
  const started = at - turns * apart;
  let turnId = '';
  for (let turn = 0; turn < turns; turn += 1) {
    turnId = random.uuid();
    const asked = started + turn * apart;
    const answered = turn === turns - 1 ? at : asked + random.between(1, 3) * minute;
    rows.turn({
      id: turnId,
      threadId: id,
      state: 'completed',
      requestedAt: iso(asked),
      completedAt: iso(answered),
      checkpoint: turn + 1,
    });
    const say = (role: 'user' | 'assistant', text: string, time: number) =>
      rows.message({ id: random.uuid(), threadId: id, turnId, role, text, streaming: false, at: iso(time) });
    say('user', turn === 0 ? task.ask : random.pick(follows), asked);
    rows.activity({
      id: random.uuid(),
      threadId: id,
      turnId,
      summary: random.pick(activitySummaries),
      sequence: turn + 1,
      at: iso(asked + minute / 2),
    });
    say('assistant', random.pick(answers), answered);
    rows.diff({
      threadId: id,
      from: turn,
      diff: diffOf(random, random.between(400, 4000)),
      at: iso(answered),
    });
  }
  const kind = newest
    ? 'ready'
    : random.pick(['ready', 'stopped', 'stopped', 'stopped', 'error', 'archived']);
  rows.thread({
    id,
    projectId,
    title: task.title,
    latestTurnId: turnId,
    createdAt: iso(started),
    updatedAt: iso(at),
    archivedAt: kind === 'archived' ? iso(at) : null,
  });
  rows.session({
    threadId: id,
    status: kind === 'archived' ? 'stopped' : kind,
    activeTurnId: null,
    lastError: kind === 'error' ? 'provider exited' : null,
    at: iso(at),
  });
  if (newest) rows.runtime({ threadId: id, at: iso(at) });
  return { id, checkpoints: turns };
}

/** Old turns with long answers and large diffs, round and round the threads, until the database is large enough. */
function grow(
  db: Database.Database,
  rows: WorkRows,
  random: Random,
  { now, bytes, threads }: { now: number; bytes: number; threads: Thread[] },
): void {
  const size = () =>
    Number(db.pragma('page_count', { simple: true })) * Number(db.pragma('page_size', { simple: true }));
  // Cut out of one long text: to make each anew would take longer than to write it.
  const essay = `${answers.join(' ')}\n`.repeat(120);
  const patch = diffOf(random, 2 * diffLength);
  const cut = (text: string, length: number) => {
    const from = random.between(0, text.length - length);
    return text.slice(from, from + length);
  };
  for (let round = 0; size() < bytes; round += 1) {
    const thread = threads[round % threads.length];
    if (thread === undefined) throw new Error('a database without threads cannot grow');
    const at = iso(now - 45 * day + (round % (40 * 24 * 60)) * minute);
    const turnId = random.uuid();
    rows.turn({
      id: turnId,
      threadId: thread.id,
      state: 'completed',
      requestedAt: at,
      completedAt: at,
      checkpoint: thread.checkpoints + 1,
    });
    const message = { threadId: thread.id, turnId, streaming: false, at };
    rows.message({ ...message, id: random.uuid(), role: 'user', text: random.pick(follows) });
    rows.message({ ...message, id: random.uuid(), role: 'assistant', text: cut(essay, answerLength) });
    rows.diff({ threadId: thread.id, from: thread.checkpoints, diff: cut(patch, diffLength), at });
    thread.checkpoints += 1;
  }
}

/** At least so long. */
function diffOf(random: Random, length: number): string {
  const lines: string[] = [];
  for (let total = 0; total < length;) {
    const line = `${random.pick(diffLines)} // ${random.between(1000, 9999)}`;
    lines.push(line);
    total += line.length + 1;
  }
  return `${lines.join('\n')}\n`;
}
