import path from 'node:path';
import prettyBytes from 'pretty-bytes';
import { expand } from '../config/expand.ts';
import type { Config } from '../config/schema.ts';
import { noDatabase } from '../fleet/collect/state.ts';
import type { Fleet, Instance } from '../fleet/fleet.ts';
import { valueOf } from '../fleet/observation.ts';
import { notIncluded } from '../snapshots/manifest.ts';
import { formatHostName, formatName } from '../snapshots/names.ts';
import { chosenInstances, whyUnknown } from './choice.ts';
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
    alias: snapshotKind === 'prebump' ? formatHostName(version ?? 'unknown', now) : null,
    takenAt: now,
    version: version ?? null,
    bytes: size.database + size.wal,
  };
}
