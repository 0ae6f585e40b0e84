import { setTimeout as delay } from 'node:timers/promises';
import { jobUnits } from '../../fleet/jobs.ts';
import { isStopped, type UnitState } from '../../host/units/units.ts';
import { fails, holds, type Guard } from './guard.ts';

/** How often it is looked whether a job has ended, milliseconds. */
const interval = 250;

/**
 * None of the host's own jobs runs now: it may restart servers, copy databases or move versions under our hands. Their
 * timers are held off for the whole operation (hold.ts); a service may run all the same: one that had begun before, or
 * that somebody starts by hand. It is waited for for a while.
 */
export const jobsGuard: Guard<unknown> = {
  name: 'host jobs',
  async check({ host, config }) {
    const services = config.jobs.map((job) => jobUnits(job).service);
    const deadline = host.clock.monotonic() + config.limits.jobs;
    for (;;) {
      const running = runningOf(services, await host.units.show(services));
      if (running === undefined) return holds;
      if ('unknown' in running) return fails(`cannot tell whether ${running.unknown} runs`);
      if (host.clock.monotonic() >= deadline)
        return fails(`${running.name} runs now (${running.active}): wait until it has ended`);
      await delay(interval);
    }
  },
};

function runningOf(
  services: readonly string[],
  states: ReadonlyMap<string, UnitState>,
): UnitState | { unknown: string } | undefined {
  for (const service of services) {
    const state = states.get(service);
    if (state === undefined) return { unknown: service };
    if (state.load !== 'not-found' && !isStopped(state)) return state;
  }
  return undefined;
}
