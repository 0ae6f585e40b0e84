import os from 'node:os';
import type { Account } from '../../host/account.ts';
import type { Host } from '../../host/host.ts';
import type { Plan, Step } from '../plan.ts';

/** Whose account a step works with. */
export type AccountOf = (step: Step) => Account | undefined;

/** The accounts of everybody in a plan, as they are now; a step of the host's own works as this process does. */
export async function accountsOf(plan: Plan, host: Host): Promise<AccountOf> {
  const steps = plan.lanes.flatMap((lane) => lane.steps);
  const users = steps.flatMap(({ user }) => (user === null ? [] : [user]));
  const found = await host.accounts.byName([...new Set(users)]);
  const { username: name, uid, gid, homedir: home } = os.userInfo();
  return ({ user }) => (user === null ? { name, uid, gid, home } : found.get(user));
}
