import { isWithin } from '../../host/processes.ts';
import { groupNow } from '../../host/session.ts';
import { readSessions } from '../../journal/sessions.ts';
import { fails, holds, type Guard } from './guard.ts';

/**
 * Would stopping this unit kill, or blind, a session that the operation is watched from (design, the hosting instance)?
 * The runner has no session of its own to go by: whoever asked for the operation, and whoever follows it, has written
 * down the processes that theirs hangs on. One that is gone counts with what it was in. There is no way round this.
 */
export const hostingGuard: Guard<{ user: string; unit: string }> = {
  name: 'hosting',
  async check({ host, journal, operation }, { user, unit }) {
    const members = readSessions(journal, operation);
    if (members.length === 0)
      return fails(
        `cannot tell whether ${unit} hosts a session: nobody wrote down where this was asked from`,
      );
    const state = (await host.units.show([unit])).get(unit);
    if (state === undefined) return fails(`cannot tell what belongs to ${unit}`);
    const group = state.controlGroup;
    if (group === undefined)
      return state.mainPid === undefined ? holds : fails(`cannot tell which processes belong to ${unit}`);
    for (const member of members) {
      const found = await groupNow(host.processes, member);
      if (found === undefined)
        return fails(
          `cannot tell whether ${unit} hosts this session: where process ${member.pid} belongs is not known (${member.role})`,
        );
      if (isWithin(found, group))
        return fails(
          `${user}’s instance hosts a session that this is watched from: ${member.role} (process ${member.pid}) runs inside ${unit}. ` +
            'Leave it to its deferral, or open the cockpit from another terminal (ttyd, ssh)',
        );
    }
    return holds;
  },
};
