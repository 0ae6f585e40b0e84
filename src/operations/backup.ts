import path from 'node:path';
import prettyBytes from 'pretty-bytes';
import { expand } from '../config/expand.ts';
import type { Config } from '../config/schema.ts';
import { noDatabase } from '../fleet/collect/state.ts';
import type { Fleet, Instance } from '../fleet/fleet.ts';
import { valueOf, type Observation } from '../fleet/observation.ts';
import { notIncluded } from '../snapshots/manifest.ts';
import { formatName } from '../snapshots/names.ts';
import { UsageProblem } from './errors.ts';
import type { Plan, Request, SnapshotStep } from './plan.ts';

/**
 * Plan a backup: one verified online snapshot a user, of all users or of those named. Users without a state database
 * are left out with the reason; one that was named and is not on the host is a usage problem.
 *
 * @param now Milliseconds since 1970, and `tail`, random hex digits: both go into the snapshots' names.
 */
export function planBackup(
  fleet: Fleet,
  config: Config,
  request: Extract<Request, { kind: 'backup' }>,
  { now, tail }: { now: number; tail: string },
): Plan {
  const chosen =
    request.users === undefined ? fleet.instances : request.users.map((user) => findInstance(fleet, user));
  const lanes: Plan['lanes'] = [];
  const leftOut: Plan['leftOut'] = [];
  for (const instance of new Set(chosen)) {
    const step = planSnapshot(instance, config, request.snapshotKind, now, tail);
    if ('reason' in step) leftOut.push({ user: instance.user, ...step });
    else lanes.push({ user: instance.user, steps: [step] });
  }
  const total = lanes.reduce((sum, lane) => sum + (lane.steps[0]?.bytes ?? 0), 0);
  return {
    kind: 'backup',
    lanes,
    leftOut,
    parallel: config.snapshots.parallel,
    notes: [
      `at most ${prettyBytes(total)} in ${lanes.length} snapshot${lanes.length === 1 ? '' : 's'}; nothing is stopped`,
      `not included: ${notIncluded.join(', ')}`,
    ],
  };
}

function findInstance(fleet: Fleet, user: string): Instance {
  const instance = fleet.instances.find((each) => each.user === user);
  if (instance !== undefined) return instance;
  const names = fleet.instances.map((each) => each.user);
  throw new UsageProblem(
    `no user ${user} in the user map; there ${names.length === 1 ? 'is' : 'are'}: ${names.join(', ') || 'nobody'}`,
  );
}

function planSnapshot(
  instance: Instance,
  config: Config,
  snapshotKind: SnapshotStep['snapshotKind'],
  now: number,
  tail: string,
): SnapshotStep | { reason: string; harmless: boolean } {
  const account = valueOf(instance.account);
  if (account === undefined)
    return { reason: whyUnknown(instance.account, 'the account was not looked at'), harmless: false };
  const size = valueOf(instance.size);
  if (size === undefined) {
    const reason = whyUnknown(instance.size, 'the database was not looked at');
    return { reason, harmless: reason === noDatabase };
  }
  const backups = expand(config.paths.backups, { user: instance.user });
  const version = valueOf(instance.liveness)?.version;
  return {
    kind: 'snapshot',
    id: `${instance.user}/snapshot`,
    title: 'snapshot of the state database',
    user: instance.user,
    snapshotKind,
    source: expand(config.paths.stateDatabase, { user: instance.user, home: account.home }),
    backups,
    folder: path.join(backups, config.snapshots.folder),
    file: formatName({ kind: snapshotKind, version, takenAt: now }, tail),
    takenAt: now,
    version: version ?? null,
    bytes: size.database + size.wal,
  };
}

function whyUnknown(observation: Observation<unknown>, pendingWords: string): string {
  return observation.kind === 'unknown' ? observation.reason : pendingWords;
}
