import { knownLevel, leastLevel } from '../../t3/levels.ts';
import { schemaLevel, type Migration } from '../../t3/state-database.ts';
import type { StageStep } from '../plan.ts';
import type { StepContext } from '../steps/step.ts';
import { fails, holds, type Verdict } from './guard.ts';

/** What speaks for a version that nobody has measured. */
export type SchemaEvidence = Pick<StageStep, 'version' | 'seen'>;

/**
 * Can the t3 that will be started work with a database of this schema? An older one on a newer schema starts, answers,
 * and cannot pair (docs/t3-contract.md, state database). A newer one migrates it, one way: that is said in the plan.
 */
export async function acceptsSchema(
  { binaries, account }: Pick<StepContext, 'binaries' | 'account'>,
  migrations: readonly Migration[],
  evidence: SchemaEvidence,
): Promise<Verdict> {
  const level = schemaLevel(migrations);
  if (level === undefined) return fails('it has no migrations: not a state database of t3');
  const installed = await binaries.startedFor(account.name);
  if ('problem' in installed) return fails(`cannot tell what is installed: ${installed.problem}`);
  return judgeSchema(level, installed.version, evidence);
}

/**
 * As `acceptsSchema`, of a version that is known. Of one that was never measured, what is known must do: the level of an
 * earlier version, for none forgets a migration; one that it was seen to run on here; and what it made itself.
 */
export function judgeSchema(level: Migration, installed: string, { version, seen }: SchemaEvidence): Verdict {
  const known = knownLevel(installed);
  const advice = `Choose a snapshot with an older schema, or install the t3 that made this one${version === null ? '' : ` (${version})`} first`;
  if (known !== undefined)
    return level.id <= known
      ? holds
      : fails(
          `it has schema ${level.id} (${level.name}), and t3 ${installed}, which is installed, knows ${known}: it could not pair. ${advice}`,
        );
  const enough = Math.max(leastLevel(installed) ?? 0, seen?.version === installed ? seen.level : 0);
  if (version === installed || level.id <= enough) return holds;
  return fails(
    `it has schema ${level.id} (${level.name}), and whether t3 ${installed}, which is installed, knows that cannot be told. ${advice}`,
  );
}
