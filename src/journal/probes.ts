import type { Sqlite } from '../host/sqlite.ts';
import type {
  ProbeRecord,
  ProbeResult,
  ProbeRoute,
  ProbeStanding,
  ProbeStep,
  ProbeVerdict,
} from '../t3/verdict.ts';

/** Of each user and route, so many are kept: enough to say since when, and never more. */
const kept = 100;

interface ProbeRow {
  id: number;
  user: string;
  route: ProbeRoute;
  name: string;
  at: number;
  verdict: ProbeVerdict;
  step: ProbeStep | null;
  reason: string | null;
  endpoint: string | null;
  latency: number | null;
  version: string | null;
  operation: number | null;
}

/** Record what a probe found, and forget the oldest beyond what is kept. */
export function recordProbe(
  db: Sqlite,
  user: string,
  result: ProbeResult,
  about: { at: number; version: string | undefined; operation: number },
): void {
  db.prepare(
    `INSERT INTO probes (user, route, name, at, verdict, step, reason, endpoint, latency, version, operation)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    user,
    result.route,
    result.name ?? '',
    about.at,
    result.verdict,
    result.step ?? null,
    result.reason ?? null,
    result.endpoint ?? null,
    result.latency ?? null,
    about.version ?? null,
    about.operation,
  );
  db.prepare(
    `DELETE FROM probes WHERE user = ? AND route = ? AND name = ? AND id <= (
       SELECT id FROM probes WHERE user = ? AND route = ? AND name = ? ORDER BY id DESC LIMIT 1 OFFSET ${kept})`,
  ).run(user, result.route, result.name ?? '', user, result.route, result.name ?? '');
}

/** Forget what an operation has found of a user: it was said of a database that has been taken back since. */
export function forgetProbes(db: Sqlite, user: string, operation: number): void {
  db.prepare('DELETE FROM probes WHERE user = ? AND operation = ?').run(user, operation);
}

/** Was anybody ever let in by the dispatch, as far as is recorded? */
export function dispatchHasWorked(db: Sqlite): boolean {
  return (
    db.prepare("SELECT 1 FROM probes WHERE route = 'dispatch' AND verdict = 'ok' LIMIT 1").get() !== undefined
  );
}

/** How each route of a user stands, the direct one first. */
export function readProbes(db: Sqlite, user: string): ProbeStanding[] {
  const rows = db
    .prepare<[string], ProbeRow>('SELECT * FROM probes WHERE user = ? ORDER BY route, name, id DESC')
    .all(user);
  const routes = Map.groupBy(rows, (row) => `${row.route} ${row.name}`);
  return [...routes.values()].map((newest): ProbeStanding => {
    const records = newest.map(probeRecord);
    const [last] = records;
    if (last === undefined) throw new Error('a route without a probe');
    const other = records.findIndex((record) => record.verdict !== last.verdict);
    const first = records[(other === -1 ? records.length : other) - 1] ?? last;
    return { last, since: first.at, lastOk: records.find((record) => record.verdict === 'ok') };
  });
}

function probeRecord(row: ProbeRow): ProbeRecord {
  return {
    route: row.route,
    name: row.name === '' ? undefined : row.name,
    verdict: row.verdict,
    step: row.step ?? undefined,
    reason: row.reason ?? undefined,
    endpoint: row.endpoint ?? undefined,
    latency: row.latency ?? undefined,
    at: row.at,
    version: row.version ?? undefined,
    operation: row.operation ?? undefined,
  };
}
