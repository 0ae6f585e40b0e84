import { readAs } from '../../fleet/reader/read.ts';
import { isRunning } from '../../host/units/units.ts';
import type { StateFacts } from '../../t3/state-database.ts';
import { durationWords } from '../../text/duration.ts';
import type { StopStep } from '../plan.ts';
import { fails, holds, type GuardContext, type Verdict } from './guard.ts';

/**
 * Is somebody working? By the database and by the processes of agents together: child processes alone would defer a
 * user for ever (an open, idle agent is one, too), the database alone has rows that a crash left (docs/host.md). Asked
 * before the step begins and again right before the stop. What is not known is a no, but for a restore that its admin
 * has agreed to by the user's name.
 */
export async function judgeBusy(
  context: GuardContext,
  step: Pick<StopStep, 'user' | 'unit' | 'live' | 'home' | 'interruptTurn'>,
): Promise<Verdict> {
  const { host, config, account } = context;
  const unit = (await host.units.show([step.unit])).get(step.unit);
  if (unit === undefined) return fails(`busy: the supervisor does not know ${step.unit}`);
  // Nothing runs that a stop could cut off.
  if (!isRunning(unit) && unit.mainPid === undefined) return holds;
  if (step.interruptTurn) return holds;
  const { answers } = await readAs(host, config, account, [
    { task: 'state', path: step.live, home: step.home, patience: config.limits.readerTimeout / 2 },
  ]);
  const [state] = answers;
  if ('problem' in state) return fails(`cannot tell whether ${step.user} is busy: ${state.problem}`);
  const group = unit.controlGroup;
  if (group === undefined) return fails(`cannot tell which processes belong to ${step.unit}`);
  const others = (await host.processes.inControlGroup(group)).filter((pid) => pid !== unit.mainPid);
  const reason = busyWith(state.facts, others.length, config.busy, host.clock.now());
  return reason === undefined ? holds : fails(`${step.user} is busy: ${reason}`);
}

/**
 * What somebody is busy with; undefined when with nothing.
 *
 * @param others How many processes of the unit there are beside its server: agents, and terminals.
 * @param now Milliseconds since 1970.
 */
export function busyWith(
  { inFlight, inFlightMoved, lastActivity }: StateFacts,
  others: number,
  { quiet, stale }: { quiet: number; stale: number },
  now: number,
): string | undefined {
  const abandoned = others === 0 && inFlightMoved !== null && now - inFlightMoved > stale;
  if (inFlight > 0 && !abandoned)
    return `${inFlight === 1 ? 'a turn is' : `${inFlight} turns are`} in flight`;
  if (lastActivity !== null && now - lastActivity < quiet)
    return `worked ${durationWords(Math.max(0, now - lastActivity))} ago, within the quiet time of ${durationWords(quiet)}`;
  return undefined;
}
