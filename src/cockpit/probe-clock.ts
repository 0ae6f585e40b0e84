import type { Config } from '../config/schema.ts';
import type { Fleet, Instance } from '../fleet/fleet.ts';
import { valueOf } from '../fleet/observation.ts';
import { isRunning } from '../host/units/units.ts';

/**
 * Whose handshake is to be done now because its time has come: of those that run, the one that was probed longest ago,
 * if that is longer than `probes.every`. One at a time: a probe runs t3 several times, and writes to a user's database.
 *
 * @param wall Now, milliseconds since 1970.
 */
export function dueForProbe(fleet: Fleet, config: Config, wall: number): string | undefined {
  let due: { user: string; at: number } | undefined;
  for (const instance of fleet.instances) {
    const at = lastProbed(instance);
    if (at === undefined || wall - at < config.probes.every) continue;
    if (due === undefined || at < due.at) due = { user: instance.user, at };
  }
  return due?.user;
}

/** 0 for never; undefined where it does not run, or nobody knows. */
function lastProbed(instance: Instance): number | undefined {
  const unit = valueOf(instance.unit);
  const standings = valueOf(instance.probes);
  if (unit === undefined || !isRunning(unit) || standings === undefined) return undefined;
  return Math.max(0, ...standings.map(({ last }) => last.at));
}
