import { expand } from '../../config/expand.ts';
import type { Account } from '../../host/account.ts';
import { follows, known, pending, unknown, type Observation } from '../observation.ts';
import { leadsTo, parseDispatchTable, parseEnvironmentPort, type DispatchTable } from '../ports.ts';
import { parseUserMap, type UserMap } from '../user-map.ts';
import type { Mapping } from '../fleet.ts';
import { moment, reasonOf, type Collecting } from './context.ts';

/** Who is on the host, and where each one's instance is said to be. */
export interface Roster {
  userMap: Observation<UserMap>;
  /** What is no entry in the dispatch table. */
  dispatchTable: Observation<readonly string[]>;
  entries: RosterEntry[];
}

export interface RosterEntry {
  user: string;
  authentik: string[];
  unitName: string;
  account: Observation<Account>;
  port: Observation<number>;
  mapping: Observation<readonly Mapping[]>;
}

/** Read user map, accounts, environment files and dispatch table. Without a readable map there are no entries. */
export async function readRoster(collecting: Collecting): Promise<Roster> {
  const { host, config } = collecting;
  let map: UserMap;
  try {
    map = parseUserMap(await host.files.read(config.paths.userMap, config.limits.fileSize));
  } catch (error) {
    return {
      userMap: unknown(reasonOf(error), moment(collecting)),
      dispatchTable: pending,
      entries: [],
    };
  }
  const [accounts, table] = await Promise.all([readAccounts(collecting, map), readTable(collecting)]);
  const entries = await Promise.all(
    map.users.map(async ({ user, authentik }): Promise<RosterEntry> => ({
      user,
      authentik,
      unitName: expand(config.unit, { user }),
      account: accounts(user),
      mapping: follows(table, (found) => authentik.map((name) => ({ name, leadsTo: leadsTo(found, name) }))),
      port: await readPort(collecting, user, authentik, table),
    })),
  );
  return {
    userMap: known(map, moment(collecting)),
    dispatchTable: follows(table, ({ problems }) => problems),
    entries,
  };
}

async function readAccounts(
  collecting: Collecting,
  map: UserMap,
): Promise<(user: string) => Observation<Account>> {
  try {
    const accounts = await collecting.host.accounts.byName(map.users.map((each) => each.user));
    const at = moment(collecting);
    return (user) => {
      const account = accounts.get(user);
      return account === undefined ? unknown('no such OS user', at) : known(account, at);
    };
  } catch (error) {
    const nobody = unknown(reasonOf(error), moment(collecting));
    return () => nobody;
  }
}

async function readTable({ host, config }: Collecting): Promise<Observation<DispatchTable>> {
  const collecting = { host, config };
  try {
    const text = await host.files.read(config.paths.dispatchTable, config.limits.fileSize);
    return known(parseDispatchTable(text), moment(collecting));
  } catch (error) {
    return unknown(reasonOf(error), moment(collecting));
  }
}

/** The environment file is what the unit really uses; without permission to read it, the dispatch table has to do. */
async function readPort(
  collecting: Collecting,
  user: string,
  authentik: readonly string[],
  table: Observation<DispatchTable>,
): Promise<Observation<number>> {
  const { host, config } = collecting;
  let problem: string;
  try {
    const parsed = parseEnvironmentPort(
      await host.files.read(expand(config.paths.environmentFile, { user }), config.limits.fileSize),
    );
    if ('port' in parsed) return known(parsed.port, moment(collecting));
    problem = parsed.problem;
  } catch (error) {
    problem = reasonOf(error);
  }
  const entry =
    table.kind === 'known'
      ? authentik.map((name) => leadsTo(table.value, name)).find((each) => each?.user === user)
      : undefined;
  return entry === undefined
    ? unknown(problem, moment(collecting), pending)
    : known(entry.port, moment(collecting));
}
