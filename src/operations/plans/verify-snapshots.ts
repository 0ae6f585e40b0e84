import path from 'node:path';
import prettyBytes from 'pretty-bytes';
import { expand } from '../../config/expand.ts';
import type { Config } from '../../config/schema.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import { valueOf } from '../../fleet/observation.ts';
import type { CatalogEntry } from '../../snapshots/catalog.ts';
import { chosenInstances, isCalled, noSuchSnapshot, whyUnknown } from './choice.ts';
import type { Plan, Request, VerifySnapshotStep } from '../plan.ts';

/**
 * Plan to read snapshots wholly again, ours and the host's, and to have t3 open a copy of each: a snapshot that cannot
 * be restored is worse than none. A user's are read one after the other, and one that is bad says nothing about the next.
 * One that the journal knows and the folder does not is among them: that it is gone has to be said.
 *
 * @param tail Random hex digits, for the names of scratch folders.
 */
export function planVerifySnapshots(
  fleet: Fleet,
  config: Config,
  request: Extract<Request, { kind: 'verify-snapshots' }>,
  tail: string,
): Plan {
  const lanes: Plan['lanes'] = [];
  const leftOut: Plan['leftOut'] = [];
  const wanted = request.files;
  const seen: CatalogEntry[] = [];
  for (const instance of chosenInstances(fleet, request.users)) {
    const { user } = instance;
    const entries = valueOf(instance.snapshots);
    if (entries === undefined) {
      const reason = whyUnknown(instance.snapshots, 'the backup folder was not looked at');
      leftOut.push({ user, reason, harmless: false });
      continue;
    }
    seen.push(...entries);
    const chosen = entries.filter((entry) => wanted?.some((name) => isCalled(entry, name)) ?? true);
    const steps = chosen.map((entry, index) =>
      planVerifySnapshot(entry, config, request.trial ? `.try-${tail}-${index}` : undefined),
    );
    if (steps.length > 0) lanes.push({ user, steps, independent: true });
    else if (wanted === undefined) leftOut.push({ user, reason: 'no snapshots', harmless: true });
  }
  const unfound = wanted?.find((name) => !seen.some((entry) => isCalled(entry, name)));
  if (unfound !== undefined) {
    const unseen = leftOut.filter(({ harmless }) => !harmless).map(({ user }) => user);
    throw noSuchSnapshot(unfound, seen, unseen);
  }
  const steps = lanes.flatMap((lane) => lane.steps) as VerifySnapshotStep[];
  const largest = Math.max(0, ...steps.map((step) => step.bytes));
  return {
    kind: 'verify-snapshots',
    lanes,
    leftOut,
    parallel: config.snapshots.parallel,
    notes: [
      `${prettyBytes(steps.reduce((sum, step) => sum + step.bytes, 0))} to read in ${steps.length} snapshots`,
      ...(request.trial
        ? [
            `each is unpacked beside it and opened by the t3 that it was taken of; up to ${prettyBytes(largest)} for that, removed again`,
          ]
        : []),
    ],
  };
}

export function planVerifySnapshot(
  entry: CatalogEntry,
  config: Config,
  scratch: string | undefined,
): VerifySnapshotStep {
  const backups = expand(config.paths.backups, { user: entry.user });
  return {
    kind: 'verify-snapshot',
    id: `${entry.user}/verify/${entry.file}`,
    title: entry.file,
    user: entry.user,
    backups,
    folder: entry.folder,
    file: entry.file,
    bytes: entry.bytes,
    snapshotKind: entry.kind,
    takenAt: entry.takenAt,
    version: entry.version ?? entry.record?.version ?? null,
    // Of a damaged file that nobody vouched for, only the damage is recorded.
    sha256: entry.record === undefined || entry.record.sha256 === '' ? null : entry.record.sha256,
    scratch: scratch === undefined ? null : path.join(backups, config.snapshots.folder, scratch),
  };
}
