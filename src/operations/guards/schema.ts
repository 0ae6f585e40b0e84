import { knownLevel } from '../../t3/levels.ts';
import { schemaLevel, type Migration } from '../../t3/state-database.ts';
import type { StepContext } from '../steps/step.ts';
import { fails, holds, type Verdict } from './guard.ts';

/**
 * Can the t3 that will be started work with a database of this schema? An older one on a newer schema starts, answers,
 * and cannot pair (docs/t3-contract.md, state database). A newer one migrates it, one way: that is said in the plan.
 */
export async function acceptsSchema(
  { binaries }: Pick<StepContext, 'binaries'>,
  migrations: readonly Migration[],
): Promise<Verdict> {
  const level = schemaLevel(migrations);
  if (level === undefined) return fails('it has no migrations: not a state database of t3');
  const installed = await binaries.installed();
  if ('problem' in installed) return fails(`cannot tell what is installed: ${installed.problem}`);
  return judgeSchema(level, installed.version);
}

/** As `acceptsSchema`, of a version that is known. */
export function judgeSchema(level: Migration, installed: string): Verdict {
  const known = knownLevel(installed);
  if (known === undefined) return holds;
  return level.id <= known
    ? holds
    : fails(
        `it has schema ${level.id} (${level.name}), and t3 ${installed}, which is installed, knows ${known}: it could not pair. ` +
          `Choose a snapshot with schema ${known} or less, or install the t3 that made this one first`,
      );
}
