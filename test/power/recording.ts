import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { execa } from 'execa';
import { dumpWork } from '../sandbox/databases.ts';
import { Disk } from './disk.ts';
import { filesBelow, type Tree } from './tree.ts';
import { operate, placesIn, type Scenario } from './operation.ts';
import { operationsIn, straceArguments, type Operation } from './trace.ts';

/** One operation, recorded call by call, and what there was before it. */
export interface Recording {
  root: string;
  disk: Disk;
  /** The same run, had it not made these calls. */
  without: (left: (operation: Operation) => boolean) => Disk;
  outcome: string;
  /** The work in the database before; and in the snapshot that was to take its place, if one was. */
  before: string;
  chosen: string | undefined;
  /** The oldest snapshot that there was: a removal removes it. */
  doomed: string | undefined;
  /** How many operations the journal knew already. */
  earlier: number;
}

const fixture = path.join(import.meta.dirname, '../fixtures/t3/state-0.0.24.sqlite');

/** Work in a database, as a server that was killed leaves it: the newest is in the write-ahead log alone. */
function work(live: string, words: string): void {
  const db = new Database(live);
  db.pragma('journal_mode = WAL');
  db.pragma('wal_autocheckpoint = 0');
  const thread = db
    .prepare<[], { thread_id: string }>('SELECT thread_id FROM projection_threads LIMIT 1')
    .get();
  const insert = db.prepare(
    `INSERT INTO projection_thread_messages (message_id, thread_id, role, text, is_streaming, created_at, updated_at)
     VALUES (?, ?, 'user', ?, 0, ?, ?)`,
  );
  const at = '2026-11-23T12:00:00.000Z';
  for (let index = 0; index < 40; index += 1)
    insert.run(`${words}-${index}`, thread?.thread_id, words.repeat(40), at, at);
  // Read while it is open, and put back: a clean end folds the log in.
  const left = ['', '-wal'].map((suffix) => [live + suffix, readFileSync(live + suffix)] as const);
  db.close();
  for (const [file, bytes] of left) writeFileSync(file, bytes);
}

/** What is in a database, found without touching it. */
export function workIn(files: ReadonlyMap<string, Buffer>, file: string, scratch: string): string {
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch);
  const copy = path.join(scratch, 'state.sqlite');
  for (const suffix of ['', '-wal', '-journal']) {
    const bytes = files.get(file + suffix);
    if (bytes !== undefined) writeFileSync(copy + suffix, bytes);
  }
  // A journal that was being written when its process died is played back first, as the next t3 would do it: who only
  // reads cannot (SQLITE_READONLY_ROLLBACK).
  const db = new Database(copy);
  db.prepare('SELECT count(*) FROM sqlite_schema').get();
  db.close();
  return dumpWork(copy);
}

/** Make what a scenario begins with: a database with work in its write-ahead log, and the snapshots that it is about. */
export async function prepare(
  scenario: Scenario,
  root: string,
): Promise<{ chosen: string | undefined; doomed: string | undefined }> {
  const { live, folder, backups } = placesIn(root);
  mkdirSync(path.dirname(live), { recursive: true });
  // The host makes this one; the one of the user comes with their first snapshot.
  mkdirSync(path.dirname(backups), { recursive: true });
  cpSync(fixture, live);
  let chosen: string | undefined;
  let doomed: string | undefined;
  if (scenario !== 'snapshot' && scenario !== 'cold copy') {
    work(live, 'earlier');
    await succeed('snapshot', root);
    const snapshot = [...filesBelow(folder).files.keys()].find((file) => file.endsWith('.sqlite')) ?? '';
    chosen = dumpWork(snapshot);
    doomed = path.basename(snapshot);
  }
  if (scenario === 'removal') await succeed('cold copy', root);
  work(live, 'later');
  return { chosen, doomed };
}

/** What does one operation as a program of its own (run.ts). */
export const program = path.join(import.meta.dirname, '../../dist/power-operation.js');

/** Have it do something below a root, under strace(1). */
export async function traced(
  what: string,
  root: string,
): Promise<{ before: Tree; after: Tree; operations: Operation[]; outcome: string }> {
  const output = `${root}.strace`;
  const before = filesBelow(root);
  try {
    const { stdout: outcome } = await execa(
      'strace',
      [...straceArguments(output), process.execPath, program, what, root],
      // What is done by a ring of the kernel's no strace sees.
      { env: { UV_USE_IO_URING: '0' }, stdin: 'ignore' },
    );
    const operations = operationsIn(readFileSync(output, 'utf8'), root);
    return { before, after: filesBelow(root), operations, outcome };
  } finally {
    rmSync(output, { force: true });
  }
}

/** Have an operation run under strace(1). */
export async function record(scenario: Scenario): Promise<Recording> {
  const root = realpathSync(mkdtempSync(path.join(os.tmpdir(), 't3-cockpit-power-')));
  try {
    const { chosen, doomed } = await prepare(scenario, root);
    const { before, operations, outcome } = await traced(scenario, root);
    return {
      root,
      disk: new Disk(root, before, operations),
      without: (left) =>
        new Disk(
          root,
          before,
          operations.filter((each) => !left(each)),
        ),
      outcome,
      before: workIn(before.files, placesIn(root).live, `${root}/scratch`),
      chosen: scenario === 'removal' ? undefined : chosen,
      doomed,
      earlier: scenario === 'removal' ? 2 : doomed === undefined ? 0 : 1,
    };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function succeed(scenario: Scenario, root: string): Promise<void> {
  const outcome = await operate(scenario, root);
  if (outcome !== 'succeeded') throw new Error(`${scenario} before what is tried: ${outcome}`);
}
