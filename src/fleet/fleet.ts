import type { Account } from '../host/account.ts';
import type { UnitState } from '../host/units/units.ts';
import type { CatalogEntry } from '../snapshots/catalog.ts';
import type { StateFacts } from '../t3/state-database.ts';
import type { Launcher } from '../t3/launcher.ts';
import type { ProbeStanding } from '../t3/verdict.ts';
import type { HostJob } from './jobs.ts';
import { valueOf, type Observation } from './observation.ts';
import type { Pins } from './pins.ts';
import type { UserMapProblem } from './user-map.ts';

/** What an instance answered to "which code do you run". */
export interface Liveness {
  /** The version of the running code; never that of the installed binary. */
  version: string;
  /** Milliseconds. */
  latency: number;
}

/** Bytes of a state database's files. */
export interface DatabaseSize {
  database: number;
  wal: number;
}

/** Would stopping this instance kill, or blind, the session that this program is used from? */
export type Hosting = { hosts: false } | { hosts: true; because: string };

/** Where the dispatch table leads an authentik name to; nowhere when it has no entry for it. */
export interface Mapping {
  name: string;
  leadsTo: { user: string; port: number } | undefined;
}

/**
 * `reason` is the first line of the freeze file, `since` its time: milliseconds since 1970. With an `operation` it is only
 * for as long as that one moves versions.
 */
export type Freeze = { frozen: false } | { frozen: true; reason: string; since: number; operation?: number };

/** Are versions frozen by somebody, and not just for the time of an operation of ours? */
export function isFrozen({ freeze }: Pick<Fleet, 'freeze'>): boolean {
  const found = valueOf(freeze);
  return found?.frozen === true && found.operation === undefined;
}

/** A restart owed to a user who was busy: onto which version, and since when (milliseconds since 1970). */
export interface Deferral {
  version: string | undefined;
  since: number;
}

/** One user's t3 server, as far as it is known. */
export interface Instance {
  readonly user: string;
  readonly authentik: readonly string[];
  /** The unit's name. */
  readonly unitName: string;
  readonly account: Observation<Account>;
  readonly port: Observation<number>;
  /** One for each authentik name. */
  readonly mapping: Observation<readonly Mapping[]>;
  readonly unit: Observation<UnitState>;
  readonly liveness: Observation<Liveness>;
  readonly size: Observation<DatabaseSize>;
  readonly state: Observation<StateFacts>;
  readonly snapshots: Observation<readonly CatalogEntry[]>;
  /** How the handshake went when it was last done, by route and name; empty where it never was. From the journal. */
  readonly probes: Observation<readonly ProbeStanding[]>;
  readonly hosting: Observation<Hosting>;
  /** Undefined while nothing is owed. */
  readonly deferral: Observation<Deferral | undefined>;
}

/** All instances of a host at one moment. Never changed in place: a new measurement makes a new value. */
export interface Fleet {
  readonly instances: readonly Instance[];
  /** `t3 --version` of the global binary; with the launcher, the version of whoever has none of their own. */
  readonly installed: Observation<string>;
  readonly launcher: Observation<Launcher>;
  readonly pins: Observation<Pins>;
  /** Whether versions are frozen on this host. */
  readonly freeze: Observation<Freeze>;
  /** The version that the host's updater last found good; undefined where it keeps none. */
  readonly lastGood: Observation<string | undefined>;
  /** The host's own scheduled jobs. */
  readonly jobs: Observation<readonly HostJob[]>;
  /** Whether the dispatch table could be read, and its entries that are none. */
  readonly dispatchTable: Observation<readonly string[]>;
  /** Whether the user map could be read, and its lines that are no entries. */
  readonly userMap: Observation<readonly UserMapProblem[]>;
}

/**
 * The version that a user's server is when it is started anew, and that a page visit of theirs mints with: their own where
 * the host has the launcher, else what is installed. Undefined while that is not known.
 */
export function startsAs({ installed, launcher }: Fleet, user: string): string | undefined {
  const found = valueOf(launcher);
  if (found === undefined) return undefined;
  return (found.kind === 'whole' ? found.chosen.get(user) : undefined) ?? valueOf(installed);
}

/** The names of the facts of an instance, cheapest first: the order in which they are measured. */
export const instanceFacts = [
  'account',
  'port',
  'mapping',
  'unit',
  'hosting',
  'size',
  'liveness',
  'state',
  'snapshots',
  'probes',
  'deferral',
] as const;
export type InstanceFact = (typeof instanceFacts)[number];
