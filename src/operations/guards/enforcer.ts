import type { EnforceStep } from '../plan.ts';
import { isStopped } from '../../host/units/units.ts';
import { judgeBusy } from './busy.ts';
import { fails, holds, type Guard } from './guard.ts';
import { hostingGuard } from './hosting.ts';

/** The host's script knows of no session that it would cut off: nobody may host one (guarantee 7). */
export const nobodyHostsGuard: Guard<EnforceStep> = {
  name: 'hosting',
  async check(context, { servers }) {
    for (const server of servers) {
      const verdict = await hostingGuard.check(context, server);
      if (!verdict.holds) return verdict;
    }
    return holds;
  },
};

/**
 * The host's script knows who is at work by the child processes of a server alone, and no quiet time: whoever is at work
 * by our own measure has to be seen by it, too, or it would cut them off (guarantee 7).
 */
export const seenBusyGuard: Guard<EnforceStep> = {
  name: 'busy',
  async check(context, { servers }) {
    const { host } = context;
    const accounts = await host.accounts.byName(servers.map(({ user }) => user));
    const states = await host.units.show(servers.map(({ unit }) => unit));
    for (const server of servers) {
      const [account, state] = [accounts.get(server.user), states.get(server.unit)];
      if (account === undefined || state === undefined)
        return fails(`cannot tell whether ${server.user} is busy`);
      if (isStopped(state)) continue;
      const busy = await judgeBusy({ ...context, account }, { ...server, interruptTurn: false });
      if (busy.holds) continue;
      const group = state.controlGroup;
      const inside = group === undefined ? [] : await host.processes.inControlGroup(group);
      if (!inside.some((pid) => pid !== state.mainPid))
        return fails(
          `${busy.reason}; the host’s script would not see that, and restart ${server.unit}: try again when they are idle, or --strategy rollout`,
        );
    }
    return holds;
  },
};
