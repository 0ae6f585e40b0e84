import type { Sqlite } from '../../host/sqlite.ts';
import { listOperations, readOperationDocuments, readSteps } from '../../journal/operations.ts';
import type { Migration } from '../../t3/state-database.ts';
import { planSchema } from '../plan.ts';
import type { GateResult } from '../steps/gate.ts';

/** What the journal knows of versions that were moved: what there is to go back to. */

/** A version was brought to everybody, or to one user. */
export interface Moved {
  operation: number;
  /** The kind of that operation. */
  kind: string;
  from: string;
  to: string;
}

export interface Moves {
  /** The newest move of everybody, and not taken back since. */
  last: Moved | undefined;
  /** The newest move of each user by their own link (docs/launcher.md). */
  own: ReadonlyMap<string, Moved>;
}

/** Moves are not looked for further back than so many operations. */
const farEnough = 1000;

/** The operations by which versions are moved, and of them the steps. */
const operations = new Set(['bump', 'rollback', 'drain', 'restart']);
const moving = new Set(['install', 'enforce', 'choose']);

/** The newest moves that have succeeded. */
export function readMoves(journal: Sqlite): Moves {
  let last: Moved | undefined;
  const own = new Map<string, Moved>();
  for (const { id: operation, kind } of listOperations(journal, farEnough)) {
    if (!operations.has(kind)) continue;
    const done = new Set(
      readSteps(journal, operation)
        .filter((step) => step.state === 'succeeded' && moving.has(step.kind))
        .map(({ id }) => id),
    );
    if (done.size === 0) continue;
    const plan = planSchema.safeParse(readOperationDocuments(journal, operation)?.plan).data;
    for (const step of plan?.lanes.flatMap(({ steps }) => steps) ?? []) {
      if (!done.has(step.id) || !('from' in step) || step.from === step.to) continue;
      const moved = { operation, kind, from: step.from, to: step.to };
      if (step.kind === 'install' || step.kind === 'enforce') last ??= moved;
      else if (step.kind === 'choose' && !own.has(step.whose)) own.set(step.whose, moved);
    }
  }
  return { last, own };
}

/** The schema that a version was seen to make of an empty database, by the newest trial of it. */
export function schemaSeen(journal: Sqlite, version: string): Migration | undefined {
  for (const { id, kind } of listOperations(journal, farEnough)) {
    if (kind !== 'preflight' && kind !== 'bump') continue;
    for (const { kind: step, state, result } of readSteps(journal, id)) {
      if (step !== 'gate' || state !== 'succeeded') continue;
      const { version: tried, database, schema } = result as GateResult;
      if (tried === version && database === null && schema.after !== null) return schema.after;
    }
  }
  return undefined;
}
