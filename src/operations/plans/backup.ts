import path from 'node:path';
import prettyBytes from 'pretty-bytes';
import { expand } from '../../config/expand.ts';
import type { Config } from '../../config/schema.ts';
import { noDatabase } from '../../fleet/collect/state.ts';
import type { Fleet, Instance } from '../../fleet/fleet.ts';
import { valueOf } from '../../fleet/observation.ts';
import { notIncluded } from '../../snapshots/manifest.ts';
import { formatHostName, formatName } from '../../snapshots/names.ts';
import { chosenInstances, whyUnknown } from './choice.ts';
import { groundOf, hostingReason, startOf, stopOf, type Naming } from './lane.ts';
import type { ColdCopyStep, Plan, Request, SnapshotStep } from '../plan.ts';

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
  if (request.cold === true) return planColdBackup(fleet, config, request, { now, tail });
  const chosen = chosenInstances(fleet, request.users);
  const steps: SnapshotStep[] = [];
  const leftOut: Plan['leftOut'] = [];
  for (const instance of chosen) {
    const step = planSnapshot(instance, config, request.snapshotKind, now, tail);
    if ('reason' in step) leftOut.push({ user: instance.user, ...step });
    else steps.push(step);
  }
  const total = steps.reduce((sum, step) => sum + step.bytes, 0);
  return {
    kind: 'backup',
    lanes: steps.map((step) => ({ user: step.user, steps: [step] })),
    leftOut,
    parallel: config.snapshots.parallel,
    notes: [
      `at most ${prettyBytes(total)} in ${steps.length} snapshot${steps.length === 1 ? '' : 's'}; nothing is stopped`,
      `not included: ${notIncluded.join(', ')}`,
    ],
  };
}

/** One user's online snapshot, or why there can be none. */
export function planSnapshot(
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
    alias: snapshotKind === 'prebump' ? formatHostName(version ?? 'unknown', now) : null,
    takenAt: now,
    version: version ?? null,
    bytes: size.database + size.wal,
  };
}

/** Plan cold copies: each server stopped, its database folded and copied, and the server started again, one at a time. */
function planColdBackup(
  fleet: Fleet,
  config: Config,
  request: Extract<Request, { kind: 'backup' }>,
  naming: Naming,
): Plan {
  const lanes: Plan['lanes'] = [];
  const leftOut: Plan['leftOut'] = [];
  let total = 0;
  for (const instance of chosenInstances(fleet, request.users)) {
    const { user } = instance;
    const online = planSnapshot(instance, config, request.snapshotKind, naming.now, naming.tail);
    const ground = groundOf(instance, config, naming);
    const hosts = hostingReason(instance);
    if ('reason' in online) leftOut.push({ user, ...online });
    else if ('reason' in ground) leftOut.push({ user, ...ground });
    else if (hosts !== undefined) leftOut.push({ user, reason: hosts, harmless: false });
    else {
      const { live, home, base } = ground;
      const { kind: _, source: __, ...rest } = online;
      const copy: ColdCopyStep = {
        ...rest,
        kind: 'cold-copy',
        id: `${user}/cold-copy`,
        title: 'fold and copy the state database',
        live,
        home,
        base,
      };
      total += online.bytes;
      lanes.push({ user, steps: [stopOf(ground, { exclusive: true }), copy, startOf(ground, true)] });
    }
  }
  return {
    kind: 'backup',
    lanes,
    leftOut,
    parallel: 1,
    notes: [
      `at most ${prettyBytes(total)} in ${lanes.length} snapshot${lanes.length === 1 ? '' : 's'}; each server is stopped for its own`,
      `not included: ${notIncluded.join(', ')}`,
    ],
  };
}
