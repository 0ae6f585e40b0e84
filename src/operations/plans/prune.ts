import prettyBytes from 'pretty-bytes';
import { expand } from '../../config/expand.ts';
import type { Config } from '../../config/schema.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import { valueOf } from '../../fleet/observation.ts';
import { retain } from '../../snapshots/retention.ts';
import { chosenInstances, whyUnknown } from './choice.ts';
import type { Plan, RemoveSnapshotStep, Request } from '../plan.ts';

/**
 * Plan to remove the snapshots that nothing speaks for (`snapshots.keep`, guarantee 9). Each is judged again by a guard
 * right before it goes.
 */
export function planPrune(
  fleet: Fleet,
  config: Config,
  request: Extract<Request, { kind: 'prune' }>,
  now: number,
): Plan {
  const lanes: Plan['lanes'] = [];
  const leftOut: Plan['leftOut'] = [];
  const notes: string[] = [];
  let bytes = 0;
  for (const instance of chosenInstances(fleet, request.users)) {
    const { user } = instance;
    const entries = valueOf(instance.snapshots);
    if (entries === undefined) {
      const reason = whyUnknown(instance.snapshots, 'the backup folder was not looked at');
      leftOut.push({ user, reason, harmless: false });
      continue;
    }
    const judged = retain(entries, config.snapshots.keep, now);
    notes.push(
      ...judged
        .filter(({ because }) => because !== undefined)
        .map(({ entry, because }) => `kept: ${user}: ${entry.file}: ${because}`),
    );
    const steps = judged
      .filter(({ because }) => because === undefined)
      .map(({ entry }): RemoveSnapshotStep => ({
        kind: 'remove-snapshot',
        id: `${user}/remove/${entry.file}`,
        title: entry.file,
        user,
        backups: expand(config.paths.backups, { user }),
        folder: entry.folder,
        file: entry.file,
        bytes: entry.bytes,
        // What has no record is never one of these.
        sha256: entry.record?.sha256 ?? '',
      }));
    bytes += steps.reduce((sum, step) => sum + step.bytes, 0);
    if (steps.length > 0) lanes.push({ user, steps, independent: true });
    else leftOut.push({ user, reason: 'nothing to remove', harmless: true });
  }
  const count = lanes.reduce((sum, lane) => sum + lane.steps.length, 0);
  return {
    kind: 'prune',
    lanes,
    leftOut,
    parallel: 1,
    notes: [`${count} snapshots to remove, ${prettyBytes(bytes)}`, ...notes],
  };
}
