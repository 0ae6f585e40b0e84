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
  /** How long its definition lets a stop take before it is killed, milliseconds; absent where that is for ever, or not known. */
  stopLimit?: number;
  /** Its processes that the kernel has killed for want of memory, since it was started; absent where nobody counts. */
  kills?: number;
  /** The program that it was told to start in place of its own (`Units.override`), where it was. */
  heldOn?: string;
}

/**
 * What can be done to a unit (systemctl(1)). `mask` is for this boot only: the unit cannot be started by anybody until
 * it is unmasked. On an instance of a template that works; on a unit whose file lies in /etc it would not
 * (docs/host.md). `reset-failed` lets a unit that ended with an exit code of its own, as t3 does with 130 when it is
 * stopped, count as stopped. A `start` of a job (`Type=oneshot`) lasts as long as the job.
 */
export type UnitVerb = 'start' | 'stop' | 'mask' | 'unmask' | 'reset-failed';

/** The service supervisor of a host. Every method rejects when the supervisor gives no usable answer. */
export interface Units {
  readonly backend: 'systemd' | 'sandbox';
  /** The states of all these units in one question; a unit that does not exist has `load: 'not-found'`. */
  show(names: readonly string[]): Promise<Map<string, UnitState>>;
  /**
   * Do something to a unit. Resolves when it is done: after a `stop`, nothing of the unit runs any more.
   *
   * @param timeout Milliseconds; the supervisor goes on with what it was asked all the same.
   * @throws when the supervisor refuses, fails, or has not done it by then.
   */
  act(verb: UnitVerb, name: string, timeout: number): Promise<void>;
  /**
   * Have a unit start this program in place of the one that its definition names, from its next start on and until the
   * machine is started anew; null: as it is defined.
   *
   * @param timeout Milliseconds.
   * @throws when it cannot be told to.
   */
  override(name: string, program: string | null, timeout: number): Promise<void>;
  /**
   * Tell that a unit has changed, as soon as that is known; which one, or "some". May miss changes, and be silent for
   * ever where the supervisor tells nobody: whoever needs to know asks from time to time as well.
   */
  watch(changed: (name: string | undefined) => void): UnitWatch;
}

export interface UnitWatch {
  /**
   * Is every change told now? Only where that was seen to work: something was told by whoever tells all of it, and still
   * listens. Absent: nobody can say.
   */
  tellsAll?(): boolean;
  close(): Promise<void>;
}

/** Has this unit come to an end, wanted or not? Nothing of it runs. */
export function isStopped(state: UnitState): boolean {
  return (state.active === 'inactive' || state.active === 'failed') && state.mainPid === undefined;
}

/** Is this unit's server meant to be running, and does it? */
export function isRunning(state: UnitState): boolean {
  return state.active === 'active' && state.sub === 'running';
}
