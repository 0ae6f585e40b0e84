import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { sizeOf } from '../src/host/owned.ts';
import { allowUris } from '../src/host/sqlite.ts';
import { runDatabaseJob, type DatabaseJob } from '../src/snapshots/owner/database-work.ts';
import type { Line, Request } from '../src/snapshots/owner/protocol.ts';
import { serve } from '../src/snapshots/owner/snapshotter.ts';

/** The snapshotter: takes, verifies and discards snapshots, as the user whose they are. Protocol: owner/protocol.ts. */

/** Below this many bytes SQLite is done with a database before there would be anything to report. */
const small = 24 * 1024 * 1024;

/**
 * Each job in a fresh worker of this same file: a thread that SQLite keeps busy cannot report. Not for a small
 * database: to start a worker costs as much CPU as to start Node (measured: 25 ms of the 130 of such a snapshot, three
 * times).
 */
async function inWorker(job: DatabaseJob): Promise<unknown> {
  const file = 'file' in job ? job.file : job.source;
  // To measure one is to read its first pages, however large it is.
  if (job.job === 'measure' || sizeOf(file) + sizeOf(`${file}-wal`) < small) return runDatabaseJob(job);
  // `once` rejects when the worker fails first.
  const [result] = await once(new Worker(fileURLToPath(import.meta.url), { workerData: job }), 'message');
  return result;
}

async function main(): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  const request = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Request;
  const tell = (line: Line) => process.stdout.write(`${JSON.stringify(line)}\n`);
  await serve(request, inWorker, tell);
}

if (isMainThread) {
  // What is written is the owner's alone. (SQLite gives side files of the live database its own mode.)
  process.umask(0o077);
  allowUris();
  await main();
} else {
  parentPort?.postMessage(runDatabaseJob(workerData as DatabaseJob));
}
