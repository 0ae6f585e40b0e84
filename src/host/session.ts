import type { Commands } from './commands.ts';
import { callerOf } from './invocation.ts';
import type { ProcessIdentity, Processes } from './processes.ts';
import { sessionProcesses } from './terminals.ts';

/** A process on which a session hangs, with where it was when it was looked at. */
export interface SessionMember extends ProcessIdentity {
  /** Undefined where it cannot be told: then it might be in any. */
  controlGroup: string | undefined;
  /** Why it matters, in words for the admin. */
  role: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The processes that this session hangs on, with the control group of each. What was written down before this program
 * became root (invocation.ts) is added to what can be found now: `run0` starts it from nobody's session, and processes
 * go away. A process too many can only make the hosting guard say no.
 *
 * @param environment The one that this program was started in.
 * @throws when it cannot be told, now or then.
 */
export async function surveySession(
  processes: Processes,
  commands: Commands,
  environment: Variables,
  timeout: number,
): Promise<SessionMember[]> {
  const found = await sessionProcesses(processes, commands, environment, timeout);
  const here = await Promise.all(
    found.map(async ({ process: { pid, startTime }, role }) => ({
      pid,
      startTime,
      controlGroup: await processes.controlGroup(pid),
      role,
    })),
  );
  const caller = callerOf(environment);
  if (caller === undefined) return here;
  const isHere = ({ pid, startTime }: ProcessIdentity) =>
    here.some((each) => each.pid === pid && each.startTime === startTime);
  // Who sees the caller among its ancestors sees, as root, all that the caller saw.
  if (caller.problem !== null && !isHere(caller)) throw new Error(caller.problem);
  const before = caller.members.filter((member) => !isHere(member));
  return [
    ...here,
    ...(await Promise.all(
      before.map(async (member) => ({ ...member, controlGroup: await groupNow(processes, member) })),
    )),
  ];
}

/** Where a recorded process is now; of one that is gone, or whose number another one has now, where it was. */
export async function groupNow(
  processes: Processes,
  { pid, startTime, controlGroup }: Pick<SessionMember, 'pid' | 'startTime' | 'controlGroup'>,
): Promise<string | undefined> {
  if ((await processes.facts(pid))?.startTime !== startTime) return controlGroup;
  const now = await processes.controlGroup(pid);
  // It may have ended between the two looks.
  if (now === undefined && (await processes.facts(pid))?.startTime !== startTime) return controlGroup;
  return now;
}
