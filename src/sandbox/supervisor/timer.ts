import type { UnitState } from '../../host/units/units.ts';

/** When a job of a sandbox is started by itself: at a time of day (local), or every so many milliseconds. */
export type Schedule = { at: string } | { every: number };

/** One timer unit of a sandbox: systemd.timer(5) as far as `OnCalendar` with a time of day, and `OnUnitActiveSec` go. */
export class Timer {
  readonly #name: string;
  readonly #schedule: Schedule;
  readonly #elapsed: () => void;
  readonly #changed: () => void;
  #startup: string;
  #masked = false;
  #waiting: NodeJS.Timeout | undefined;
  #next: number | undefined;
  #last: number | undefined;
  #since: number | undefined;

  /** @param elapsed Told when its time has come. */
  constructor(
    about: { name: string; schedule: Schedule; startup: string },
    elapsed: () => void,
    changed: () => void,
  ) {
    this.#name = about.name;
    this.#schedule = about.schedule;
    this.#startup = about.startup;
    this.#elapsed = elapsed;
    this.#changed = changed;
  }

  get masked(): boolean {
    return this.#masked;
  }

  get state(): UnitState {
    const waits = this.#waiting !== undefined;
    return {
      name: this.#name,
      load: this.#masked ? 'masked' : 'loaded',
      active: waits ? 'active' : 'inactive',
      sub: waits ? 'waiting' : 'dead',
      result: 'success',
      mainPid: undefined,
      exitStatus: undefined,
      since: this.#since,
      controlGroup: undefined,
      restarts: undefined,
      memory: undefined,
      tasks: undefined,
      startup: this.#masked ? 'masked' : this.#startup,
      nextRun: this.#next,
      lastRun: this.#last,
    };
  }

  start(): void {
    if (this.#waiting !== undefined) return;
    this.#arm();
    this.#become();
  }

  stop(): void {
    if (this.#waiting === undefined) return;
    clearTimeout(this.#waiting);
    this.#waiting = this.#next = undefined;
    this.#become();
  }

  /** What `systemctl enable` and `disable` change: whether it waits after the next boot. */
  enable(enabled: boolean): void {
    this.#startup = enabled ? 'enabled' : 'disabled';
    this.#become();
  }

  mask(masked: boolean): void {
    this.#masked = masked;
    this.#become();
  }

  #arm(): void {
    const now = Date.now();
    this.#next = nextRun(this.#schedule, now);
    this.#waiting = setTimeout(() => {
      this.#last = Date.now();
      this.#elapsed();
      this.#arm();
      this.#changed();
    }, this.#next - now).unref();
  }

  #become(): void {
    this.#since = Date.now();
    this.#changed();
  }
}

function nextRun(schedule: Schedule, now: number): number {
  if ('every' in schedule) return now + schedule.every;
  const [hour = 0, minute = 0] = schedule.at.split(':').map(Number);
  const next = new Date(now);
  next.setHours(hour, minute, 0, 0);
  if (next.getTime() <= now) next.setDate(next.getDate() + 1);
  return next.getTime();
}
