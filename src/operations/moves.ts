import type { Sqlite } from '../host/sqlite.ts';
import { listOperations, readSteps } from '../journal/operations.ts';
import type { Migration } from '../t3/state-database.ts';
import type { GateResult } from './steps/gate.ts';

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

/** The steps by which a version is moved: for everybody, by the host's own script too, or for one user. */
const moving = new Set(['install', 'enforce', 'choose']);

/** The newest moves that have succeeded. */
export function readMoves(journal: Sqlite): Moves {
  let last: Moved | undefined;
  const own = new Map<string, Moved>();
  for (const { id: operation, kind } of listOperations(journal, farEnough)) {
    for (const { id, kind: step, state, result } of readSteps(journal, operation)) {
      if (state !== 'succeeded' || !moving.has(step)) continue;
      const { from, to } = result as { from: string; to: string };
      if (from === to) continue;
      const moved = { operation, kind, from, to };
      if (step !== 'choose') last ??= moved;
      else {
        const user = id.slice(0, id.lastIndexOf('/'));
        if (!own.has(user)) own.set(user, moved);
      }
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
