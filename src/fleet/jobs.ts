import type { UnitState } from '../host/units/units.ts';

/** One of the host's own scheduled jobs (docs/host.md): a service, and the timer that starts it. */
export interface HostJob {
  name: string;
  installed: boolean;
  /** Why its service cannot run although it is installed, in systemd's word: `masked`, `error`, `bad-setting`. */
  barred: string | undefined;
  /** Its service is at work now. */
  running: boolean;
  /** How its service last ended, in a word; undefined while it never ran, or runs. */
  ended: 'well' | 'failed' | undefined;
  /** Since when it is so, and when its timer starts it next and did last; milliseconds since 1970. */
  since: number | undefined;
  next: number | undefined;
  last: number | undefined;
  /** Its timer waits for its time. */
  scheduled: boolean;
}

/** The units of a job. */
export const jobUnits = (name: string): { service: string; timer: string } => ({
  service: `${name}.service`,
  timer: `${name}.timer`,
});

/** What two units say of a job. */
export function jobOf(name: string, service: UnitState, timer: UnitState): HostJob {
  const running = ['active', 'activating', 'reloading', 'deactivating'].includes(service.active);
  const failed = service.active === 'failed';
  return {
    name,
    installed: service.load !== 'not-found',
    barred: ['loaded', 'not-found'].includes(service.load) ? undefined : service.load,
    running,
    ended: running ? undefined : failed ? 'failed' : service.since === undefined ? undefined : 'well',
    since: service.since,
    next: timer.nextRun,
    last: timer.lastRun,
    scheduled: timer.load === 'loaded' && timer.active === 'active',
  };
}
