import { readAs } from '../../fleet/reader/read.ts';
import type { Work } from '../../t3/state-database.ts';
import type { StopStep } from '../plan.ts';
import { fails, holds, type Guard } from './guard.ts';

/** Work that an undo would lose: judged right before the stop, whatever was there when it was planned. */
export const workSinceGuard: Guard<StopStep> = {
  name: 'work since',
  async check({ host, config, account }, step) {
    if (step.unlessWorkSince === null) return holds;
    const { answers } = await readAs(host, config, account, [
      { task: 'work', path: step.live, home: step.home, patience: config.limits.readerTimeout / 2 },
    ]);
    const [now] = answers;
    if ('problem' in now) return fails(`cannot tell what ${step.user} has done since: ${now.problem}`);
    const done = workSince(step.unlessWorkSince, now.facts);
    return done === undefined
      ? holds
      : fails(`${step.user} has done work since, which this would lose: ${done}`);
  },
};

const counted = ['projects', 'threads', 'messages', 'turns'] as const;

/** What was done between two looks, in words; undefined for nothing. Less than before is a change, too. */
export function workSince(before: Work, now: Work): string | undefined {
  const changes = counted
    .filter((what) => before[what] !== now[what])
    .map((what) => `${what} ${now[what] > before[what] ? '+' : ''}${now[what] - before[what]}`);
  const later =
    before.lastActivity != null && now.lastActivity != null && now.lastActivity > before.lastActivity;
  if (later) changes.push(`last activity ${new Date(now.lastActivity ?? 0).toISOString()}`);
  return changes.length === 0 ? undefined : changes.join(', ');
}
