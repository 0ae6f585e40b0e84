import { isRunning, type UnitState } from '../../host/units/units.ts';
import type { StepContext } from './step.ts';
import { unitOf } from './stop.ts';

/**
 * A server that answers may have died since, and been started again by its supervisor, which answers as well: only as
 * the same process has it stayed up.
 *
 * @param then What its unit was when it was up.
 * @returns what has become of it, in words; undefined where it has stayed up.
 */
export async function notStayedUp(
  context: Pick<StepContext, 'host'>,
  then: UnitState,
): Promise<string | undefined> {
  const now = await unitOf(context, then.name);
  if (isRunning(now) && now.mainPid === then.mainPid && now.restarts === then.restarts) return undefined;
  return `${then.name} did not stay up: ${isRunning(now) ? 'it was started again' : `it is ${now.active} (${now.result})`}`;
}
