import path from 'node:path';
import { expand } from '../../config/expand.ts';
import type { Config } from '../../config/schema.ts';
import type { Instance } from '../../fleet/fleet.ts';
import { valueOf } from '../../fleet/observation.ts';
import { whyUnknown } from './choice.ts';
import type { Migration } from '../../t3/state-database.ts';
import type { CheckStep, HoldStep, ProveStep, SettleStep, SoakStep, StartStep, StopStep } from '../plan.ts';

/** When something is planned, and what makes its names its own. */
export interface Naming {
  /** Milliseconds since 1970. */
  now: number;
  /** Random hex digits. */
  tail: string;
}

/** Where everything of one user is, for steps that stop their server. */
export interface Ground {
  user: string;
  unit: string;
  port: number;
  live: string;
  home: string;
  /** What the names beside the live database begin with. */
  base: string;
  baseDir: string;
  backups: string;
  folder: string;
  names: string[];
  /** What runs, as far as it answers. */
  version: string | undefined;
}

/** @returns why it cannot be planned: something that has to be known is not. */
export function groundOf(
  instance: Instance,
  config: Config,
  { tail }: Naming,
): Ground | { reason: string; harmless: boolean } {
  const { user, unitName: unit, authentik } = instance;
  const account = valueOf(instance.account);
  if (account === undefined)
    return { reason: whyUnknown(instance.account, 'the account was not looked at'), harmless: false };
  const port = valueOf(instance.port);
  if (port === undefined)
    return { reason: whyUnknown(instance.port, 'its port was not looked at'), harmless: false };
  const state = valueOf(instance.unit);
  if (state === undefined)
    return { reason: whyUnknown(instance.unit, 'its unit was not looked at'), harmless: false };
  if (state.load === 'not-found') return { reason: `there is no unit ${unit}`, harmless: false };
  const places = { user, home: account.home };
  const live = expand(config.paths.stateDatabase, places);
  const backups = expand(config.paths.backups, { user });
  return {
    user,
    unit,
    port,
    live,
    home: account.home,
    base: `${live}.t3-cockpit-${tail}`,
    baseDir: expand(config.paths.baseDir, places),
    backups,
    folder: path.join(backups, config.snapshots.folder),
    names: [...authentik],
    version: valueOf(instance.liveness)?.version,
  };
}

/** Why stopping this instance would end the session that is being used, if so, or if that is not known. */
export function hostingReason(instance: Instance): string | undefined {
  const hosting = valueOf(instance.hosting);
  if (hosting === undefined)
    return `cannot tell whether it hosts this session: ${whyUnknown(instance.hosting, 'not looked at')}`;
  return hosting.hosts
    ? `it hosts this session (${hosting.because}): leave it to its deferral, or open the cockpit from another terminal (ttyd, ssh)`
    : undefined;
}

const beside = ({ live, home, base }: Ground) => ({ live, home, base });

export function stopOf(
  ground: Ground,
  about: Pick<StopStep, 'exclusive'> &
    Partial<
      Pick<StopStep, 'interruptTurn' | 'unlessWorkSince' | 'deferral' | 'keepStopped' | 'unlessSchema'>
    >,
): StopStep {
  return {
    kind: 'stop',
    id: `${ground.user}/stop`,
    title: `stop ${ground.unit}`,
    user: ground.user,
    unit: ground.unit,
    ...beside(ground),
    interruptTurn: false,
    unlessWorkSince: null,
    deferral: null,
    ...about,
  };
}

export function startOf(ground: Ground, asBefore: boolean): StartStep {
  return {
    kind: 'start',
    id: `${ground.user}/start`,
    title: `start ${ground.unit}`,
    user: ground.user,
    unit: ground.unit,
    ...beside(ground),
    port: ground.port,
    asBefore,
  };
}

export function proveOf(ground: Ground, onFailure: ProveStep['onFailure']): ProveStep {
  return {
    kind: 'prove',
    id: `${ground.user}/prove`,
    title: 'pairing handshake',
    user: ground.user,
    names: ground.names,
    port: ground.port,
    baseDir: ground.baseDir,
    database: ground.live,
    onFailure,
  };
}

/** @param expected The schema; null for what the gate of this operation sees, `unforeseen` where nobody knows. */
export function checkOf(
  { user, unit, port, live, home }: Ground,
  version: string,
  expected: Migration | null | 'unforeseen',
): CheckStep {
  return {
    kind: 'check',
    id: `${user}/check`,
    title: 'version and schema',
    user,
    unit,
    port,
    version,
    live,
    home,
    ...(expected === 'unforeseen' ? { schema: null, unforeseen: true } : { schema: expected }),
  };
}

export function soakOf({ user, unit, port }: Ground, version: string, time: number): SoakStep {
  return { kind: 'soak', id: `${user}/soak`, title: 'watch it', user, unit, port, version, time };
}

/** @param untilStarted What `HoldStep` says of it. */
export function holdOf(
  { paths }: Config,
  { user, unit, version }: { user: string; unit: string; version: string },
  untilStarted: boolean,
): HoldStep {
  return {
    kind: 'hold',
    id: `${user}/hold`,
    title: `hold ${user} on ${version} until then`,
    user: null,
    whose: user,
    unit,
    program: expand(paths.versionBinary, { version }),
    version,
    untilStarted,
  };
}

export function settleOf(ground: Ground, deferral: string | null): SettleStep {
  return {
    kind: 'settle',
    id: `${ground.user}/settle`,
    title: 'tidy up',
    user: ground.user,
    ...beside(ground),
    deferral,
  };
}
