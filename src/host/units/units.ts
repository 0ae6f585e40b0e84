/** What a service supervisor says of one unit. Words and numbers are systemd's (systemctl(1), systemd.service(5)). */
export interface UnitState {
  name: string;
  /** `loaded`, `not-found`, `masked`, `error`, `bad-setting`. */
  load: string;
  /** `active`, `inactive`, `failed`, `activating`, `deactivating`, `reloading`. */
  active: string;
  /** `running`, `dead`, `auto-restart`, `exited`, `failed`… */
  sub: string;
  /** `success`, `exit-code`, `signal`, `oom-kill`, `start-limit-hit`, `timeout`… */
  result: string;
  mainPid: number | undefined;
  /** The exit code or signal number of the main process' last end, while it does not run. */
  exitStatus: number | undefined;
  /** Milliseconds since 1970 since when it is in this state. */
  since: number | undefined;
  /** The unit's control group (`/system.slice/…`); undefined while it has none. */
  controlGroup: string | undefined;
  restarts: number | undefined;
  /** Bytes; undefined where memory is not accounted. */
  memory: number | undefined;
  tasks: number | undefined;
  /** `enabled`, `disabled`, `static`…: whether it starts by itself; undefined where that is not known. */
  startup: string | undefined;
  /** Of a timer: when it starts its service next, and did last; milliseconds since 1970. */
  nextRun: number | undefined;
  lastRun: number | undefined;
}

/** The service supervisor of a host. Every method rejects when the supervisor gives no usable answer. */
export interface Units {
  readonly backend: 'systemd' | 'sandbox';
  /** The states of all these units in one question; a unit that does not exist has `load: 'not-found'`. */
  show(names: readonly string[]): Promise<Map<string, UnitState>>;
  /**
   * Tell that a unit has changed, as soon as that is known; which one, or "some". May miss changes, and be silent for
   * ever where the supervisor tells nobody: whoever needs to know asks from time to time as well.
   */
  watch(changed: (name: string | undefined) => void): UnitWatch;
}

export interface UnitWatch {
  close(): Promise<void>;
}

/** Is this unit's server meant to be running, and does it? */
export function isRunning(state: UnitState): boolean {
  return state.active === 'active' && state.sub === 'running';
}
