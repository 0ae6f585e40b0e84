import { jobUnits } from '../../fleet/jobs.ts';
import { isStopped } from '../../host/units/units.ts';
import { fails, holds, type Guard } from './guard.ts';

/**
 * None of the host's own jobs runs now: it may restart servers, copy databases or move versions under our hands. Their
 * timers are held off for the whole operation (hold.ts); a service may run all the same.
 */
export const jobsGuard: Guard<unknown> = {
  name: 'host jobs',
  async check({ host, config }) {
    const services = config.jobs.map((job) => jobUnits(job).service);
    const states = await host.units.show(services);
    for (const service of services) {
      const state = states.get(service);
      if (state === undefined) return fails(`cannot tell whether ${service} runs`);
      if (state.load !== 'not-found' && !isStopped(state))
        return fails(`${service} runs now (${state.active}): wait until it has ended`);
    }
    return holds;
  },
};
