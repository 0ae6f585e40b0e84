import type { Sqlite } from '../../host/sqlite.ts';
import { listOperations, readSteps } from '../../journal/operations.ts';
import type { Candidate } from '../../t3/packages.ts';
import type { Migration } from '../../t3/state-database.ts';
import type { DownloadResult } from '../steps/download.ts';
import type { GateResult } from '../steps/gate.ts';

/** A version was judged, and passed. */
export interface GateVerdict {
  operation: number;
  /** Milliseconds since 1970. */
  at: number;
  /** The schema that it makes. */
  schema: Migration;
}

/** A verdict is not looked for further back than so many operations. */
const farEnough = 200;

const judging = new Set(['download', 'gate', 'command']);

/**
 * The newest verdict on these very bits that still holds: all of its trials passed, the control by what is installed
 * now among them.
 *
 * @param now Milliseconds since 1970; `fresh`, how old it may be.
 */
export function freshVerdict(
  journal: Sqlite,
  { version, integrity }: Candidate,
  installed: string,
  { now, fresh }: { now: number; fresh: number },
): GateVerdict | undefined {
  for (const operation of listOperations(journal, farEnough)) {
    if (operation.kind !== 'preflight' && operation.kind !== 'bump') continue;
    const steps = readSteps(journal, operation.id).filter(({ kind }) => judging.has(kind));
    const ended = steps.map(({ endedAt }) => endedAt ?? 0);
    const at = Math.max(0, ...ended);
    if (now - at > fresh || at > now) continue;
    if (steps.length === 0 || steps.some(({ state }) => state !== 'succeeded')) continue;
    const fetched = steps.find(({ kind }) => kind === 'download')?.result as DownloadResult | undefined;
    if (fetched?.version !== version || fetched.integrity !== integrity) continue;
    const trials = steps.filter(({ kind }) => kind === 'gate').map(({ result }) => result as GateResult);
    const control = trials.some(({ role, version: tried }) => role === 'control' && tried === installed);
    const schema = trials.find(({ role, database }) => role === 'candidate' && database === null)?.schema
      .after;
    const real = trials.some(({ role, database }) => role === 'candidate' && database !== null);
    if (control && real && schema != null) return { operation: operation.id, at, schema };
  }
  return undefined;
}
