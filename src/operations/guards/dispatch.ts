import { HttpFailure } from '../../host/http.ts';
import { dispatchHasWorked } from '../../journal/probes.ts';
import { fails, holds, type Guard } from './guard.ts';

/**
 * Before versions move the dispatch has to answer, whatever it says, where it ever let somebody in: with it down nobody's
 * way in could be tried, and everybody would be moved and taken back for that. It is asked for no user's page, which
 * would mint.
 */
export const dispatchGuard: Guard<unknown> = {
  name: 'dispatch',
  async check({ host, config, journal }) {
    if (!dispatchHasWorked(journal)) return holds;
    const { url } = config.dispatch;
    const { httpTimeout: timeout, httpBody: maxBody } = config.limits;
    try {
      await host.http.fetch(`${url}/`, { timeout, maxBody });
      return holds;
    } catch (error) {
      if (error instanceof HttpFailure)
        return fails(
          `the dispatch at ${url} does not answer (${error.message}): nobody’s way in could be tried; start ${config.dispatch.unit} first`,
        );
      throw error;
    }
  },
};
