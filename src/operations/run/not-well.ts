import { setTimeout as delay } from 'node:timers/promises';
import { contextOf, type Execution, type LaneRun } from './executor.ts';
import { stepIn, type PlannedLane } from './phases.ts';
import type { ProbeStepResult } from '../steps/probe.ts';
import { probeStep } from '../steps/probe.ts';
import { askRunning } from '../steps/running.ts';
import { notStayedUp } from '../steps/stays-up.ts';
import { unitOf } from '../steps/stop.ts';

/**
 * After a way back people can pair again, or it is said that they cannot: the server of a lane runs its version, and the
 * handshake succeeds straight at it, and it stays up meanwhile.
 *
 * @returns what is not well, in words
 */
export async function notWell(
  lane: PlannedLane,
  run: LaneRun,
  version: string | undefined,
): Promise<string | undefined> {
  const prove = stepIn(lane, 'prove');
  const start = stepIn(lane, 'start');
  if (prove === undefined || start === undefined) return undefined;
  const context = contextOf(prove, run);
  const unit = (await run.execution.host.units.show([start.unit])).get(start.unit);
  if (unit === undefined || unit.active === 'inactive') return undefined;
  await untilAnswers(context, start.port, run.execution);
  const answered = await unitOf(context, start.unit);
  const { onFailure: _, ...probe } = prove;
  const { result } = await probeStep.run(context, { ...probe, kind: 'probe' });
  const { version: runs, probes } = result as ProbeStepResult;
  const direct = probes.find(({ route }) => route === 'direct');
  if (runs !== version) return `it runs ${runs ?? 'nothing that answers'}, not ${version}`;
  const fell = await notStayedUp(context, answered);
  if (fell !== undefined) return fell;
  return direct?.verdict === 'ok'
    ? undefined
    : `pairing is ${direct?.verdict ?? 'unknown'}: ${direct?.reason ?? ''}`;
}

/** A server that was just started tells nobody when it listens. */
export async function untilAnswers(
  context: Parameters<typeof askRunning>[0],
  port: number,
  { host, config }: Execution,
): Promise<void> {
  const deadline = host.clock.monotonic() + config.limits.startTimeout;
  while (host.clock.monotonic() < deadline) {
    if ('version' in (await askRunning(context, port))) return;
    await delay(100);
  }
}
