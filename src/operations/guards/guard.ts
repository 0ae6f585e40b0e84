import type { Account } from '../../host/account.ts';
import type { Config } from '../../config/schema.ts';
import type { Host } from '../../host/host.ts';
import type { Sqlite } from '../../host/sqlite.ts';
import type { SpaceLedger } from '../../snapshots/space.ts';

/** A condition that must hold for a step. Guards run in the executor, so no surface gets round them. */
export type Verdict = { holds: true } | { holds: false; reason: string };

export interface Guard<Step> {
  /** What it keeps, in a word or two: `read-only`, `free space`. */
  name: string;
  /** No answer means no: a guard that throws does not hold. */
  check(context: GuardContext, step: Step): Promise<Verdict>;
}

/** What all steps and guards of one operation share. */
export interface GuardContext {
  host: Host;
  config: Config;
  account: Account;
  space: SpaceLedger;
  operation: number;
  /** For reading what is recorded now; what a step records goes with its end. */
  journal: Sqlite;
}

export const holds: Verdict = { holds: true };

export function fails(reason: string): Verdict {
  return { holds: false, reason };
}

/** Ask one guard; an error, whatever it is, is a no. */
export async function ask<Step>(guard: Guard<Step>, context: GuardContext, step: Step): Promise<Verdict> {
  try {
    return await guard.check(context, step);
  } catch (error) {
    return fails(`${guard.name}: cannot tell (${error instanceof Error ? error.message : String(error)})`);
  }
}
