import type { Config } from '../config/schema.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { FleetObserver } from '../fleet/observer.ts';
import type { Host } from '../host/host.ts';
import type { OperationView } from '../operations/follow.ts';
import { registerFollower } from '../operations/session.ts';
import { excerpt } from '../text/printable.ts';
import { Controller } from './controller.ts';
import type { Effects } from './effects.ts';
import { HistoryWriter } from './history-writer.ts';
import { HappenedWatch } from './happened-watch.ts';
import { JournalWatch } from './journal-watch.ts';
import { LogWatch } from './log-watch.ts';
import { cannotChange } from './courtesy.ts';
import { dueForProbe } from './probe-clock.ts';
import { lookFor } from './look.ts';
import { initialState, operationRuns } from './state.ts';
import { wideSize } from './view-models/layout.ts';
import { Store } from './store.ts';

export interface SessionOptions {
  config: Config;
  host: Host;
  environment: Readonly<Record<string, string | undefined>>;
  size: { columns: number; rows: number };
  effects: Effects;
}

/** How often the clock moves on screen, milliseconds. tmux before 3.5 shows every repaint: not oftener. */
const tickInterval = 1000;

/** How often it is asked whose handshake is due, milliseconds: one user a minute at most. */
const probeInterval = 60_000;

/** How often what was done lately is read anew where it only stands beside the grid, milliseconds. */
const listInterval = 2000;

/** Facts that come within so many milliseconds are shown in one frame. */
const blink = 100;

/** The cockpit without its face: the state, what feeds it, and what the keys do. */
export class Session {
  readonly store: Store;
  readonly controller: Controller;
  readonly #observer: FleetObserver;
  readonly #journal: JournalWatch;
  readonly #log: LogWatch;
  readonly #host: Host;
  readonly #effects: Effects;
  readonly #history: HistoryWriter | undefined;
  #ticking: NodeJS.Timeout | undefined;
  #showing: NodeJS.Timeout | undefined;
  #listing = false;
  #schedulesOutOfDate = false;
  #schedulesAt = Number.NEGATIVE_INFINITY;
  /** What is listed may not be what the journal has; and when it was read, by the clock that never jumps. */
  #outOfDate = false;
  #listedAt = Number.NEGATIVE_INFINITY;
  /** The newest operation that knows that it is watched from here. */
  #registered = 0;
  readonly #environment: SessionOptions['environment'];
  #probing: NodeJS.Timeout | undefined;
  readonly #happened: HappenedWatch;
  #reading = false;

  constructor({ config, host, environment, size, effects }: SessionOptions) {
    this.#host = host;
    this.#environment = environment;
    this.store = new Store(
      initialState(
        config,
        size,
        { wall: host.clock.now(), tick: host.clock.monotonic() },
        lookFor(config, environment),
      ),
    );
    this.controller = new Controller(this.store, effects);
    this.#journal = new JournalWatch(config.paths.state, host, {
      operation: (view) => {
        void this.#register(view);
        this.store.dispatch({ type: 'operation', view });
        this.#recall(true);
      },
      cutOff: (cutOff) => this.store.dispatch({ type: 'cut off', cutOff }),
      news: () => {
        this.#list(true);
        this.#listSchedules(true);
        this.#read(true);
      },
      done: (user) => void this.#observer.refresh(user),
      problem: (problem) => this.store.dispatch({ type: 'journal problem', problem }),
    });
    this.#log = new LogWatch(host, {
      read: (user, records) =>
        this.store.dispatch({ type: 'log', log: { user, records, problem: undefined } }),
      more: (user, records) => this.store.dispatch({ type: 'log lines', user, records }),
      problem: (user, problem) => this.store.dispatch({ type: 'log', log: { user, records: [], problem } }),
    });
    this.#observer = new FleetObserver({
      host,
      config,
      environment,
      journal: this.#journal.facts,
    });
    this.#happened = new HappenedWatch(
      host,
      config,
      () => this.#observer.fleet,
      (told) => this.store.dispatch({ type: 'happened', told }),
    );
    // What was only measured again is shown with the clock: to lay all of it out takes longer than to measure it.
    this.#observer.subscribe((_fleet, news) => {
      if (news) this.#showSoon();
    });
    this.store.subscribe(() => {
      this.#recall(false);
      this.#list(false);
      this.#listSchedules(false);
      this.#read(false);
      this.#leaveHappened();
      this.#watchLog();
    });
    this.#history = config.readOnly
      ? undefined
      : new HistoryWriter(config.paths.state, (problem) =>
          this.store.dispatch({ type: 'history problem', problem }),
        );
    this.#effects = effects;
  }

  start(): void {
    this.#journal.start();
    this.#observer.start();
    this.#happened.start();
    if (this.store.get().config.probes.automatic)
      this.#probing = setInterval(() => void this.#probeWhoIsDue(), probeInterval);
    this.#ticking = setInterval(() => this.#tick(), tickInterval);
  }

  stop(): void {
    clearInterval(this.#ticking);
    clearTimeout(this.#showing);
    clearInterval(this.#probing);
    this.#happened.stop();
    this.#log.show(undefined, undefined);
    this.#history?.close();
    this.#observer.stop();
    this.#journal.stop();
  }

  /** Facts come in one by one, each of them a frame: what comes within a blink is shown together. */
  #showSoon(): void {
    this.#showing ??= setTimeout(() => {
      this.#showing = undefined;
      const { fleet } = this.#observer;
      this.store.dispatch({ type: 'fleet', fleet });
      this.#record(fleet);
    }, blink);
  }

  /** The clock goes on, and what was measured meanwhile is shown with it. */
  #tick(): void {
    const { fleet } = this.#observer;
    const measured = fleet !== this.store.get().fleet;
    this.store.dispatch({
      type: 'tick',
      wall: this.#host.clock.now(),
      tick: this.#host.clock.monotonic(),
      ...(measured ? { fleet } : {}),
    });
    if (measured) this.#record(fleet);
  }

  #record(fleet: Fleet): void {
    if (this.#history?.see(fleet, this.#host.clock.now()) === true) this.#recall(true);
  }

  /** The past of whoever is shown wholly; read again when the journal has news. */
  #recall(news: boolean): void {
    const { mode, selected, chronicle } = this.store.get();
    if (mode.kind !== 'detail' || selected === undefined) return;
    if (chronicle?.user === selected && !news) return;
    const found = this.#journal.chronicle(selected);
    if (found !== undefined) this.store.dispatch({ type: 'chronicle', chronicle: found });
  }

  /**
   * The newest operations, while they are on the screen; read when they come there, and when there is news. Where they
   * only stand beside the grid, not oftener than every other second: an operation has news all the time.
   */
  #list(news: boolean): void {
    const { mode, size, now } = this.store.get();
    const listed = mode.kind === 'operations';
    const shown = listed || size.columns >= wideSize.columns;
    const opened = shown && !this.#listing;
    this.#listing = shown;
    this.#outOfDate ||= news || opened;
    if (!shown || !this.#outOfDate) return;
    if (!listed && !opened && now.tick - this.#listedAt < listInterval) return;
    this.#outOfDate = false;
    this.#listedAt = now.tick;
    this.store.dispatch({ type: 'operations', operations: this.#journal.list() });
  }

  /** What is scheduled: the header says what waits. Read when there is news, at once where it is listed. */
  #listSchedules(news: boolean): void {
    this.#schedulesOutOfDate ||= news;
    const { mode, now } = this.store.get();
    if (!this.#schedulesOutOfDate) return;
    if (mode.kind !== 'schedules' && now.tick - this.#schedulesAt < listInterval) return;
    this.#schedulesOutOfDate = false;
    this.#schedulesAt = now.tick;
    this.store.dispatch({ type: 'schedules', schedules: this.#journal.schedules() });
  }

  /** The operation that is looked at wholly; read when it is opened, and what is new when there is news. */
  #read(news: boolean): void {
    const { mode, opened } = this.store.get();
    if (mode.kind !== 'operation') return;
    const before = opened?.operation.id === mode.id ? opened : undefined;
    if (before !== undefined && !news) return;
    const story = this.#journal.story(mode.id, before?.events.at(-1)?.id ?? (before && 0));
    if (story !== undefined) this.store.dispatch({ type: 'opened', story });
  }

  /** What was on the screen counts as read when it is left. */
  #leaveHappened(): void {
    const reads = this.store.get().mode.kind === 'happened';
    const left = this.#reading && !reads;
    this.#reading = reads;
    if (left) this.#happened.read();
  }

  /** The log of whoever's is looked at; of nobody while none is. */
  #watchLog(): void {
    const { mode, selected, fleet } = this.store.get();
    const shown = mode.kind === 'detail' && mode.tab === 'log' ? selected : undefined;
    this.#log.show(shown, fleet.instances.find(({ user }) => user === shown)?.unitName);
  }

  /** Once for each operation: whoever watches it must not be cut off by it. */
  async #register({ operation, steps }: OperationView): Promise<void> {
    if (operation.id <= this.#registered) return;
    this.#registered = operation.id;
    const { config } = this.store.get();
    try {
      await registerFollower(this.#host, config, operation, steps, this.#environment);
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      this.store.dispatch({
        type: 'notice',
        notice: {
          text: `operation ${operation.id} does not know that it is watched from here: ${excerpt(words)}`,
          tone: 'danger',
        },
      });
    }
  }

  /** A handshake whose time has come, when nothing else runs; nobody is told, but by the column. */
  async #probeWhoIsDue(): Promise<void> {
    const state = this.store.get();
    if (cannotChange(state) !== undefined || state.cutOff.length > 0) return;
    const user = dueForProbe(state.fleet, state.config, this.#host.clock.now());
    if (user === undefined) return;
    const asked = await this.#effects.probe([user], true);
    if ('problem' in asked && this.store.get().notice === undefined)
      this.store.dispatch({
        type: 'notice',
        notice: { text: `probing ${user}: ${asked.problem}`, tone: 'attention' },
      });
  }

  /** What goes on when the cockpit is left. */
  get farewell(): string | undefined {
    const state = this.store.get();
    const id = state.operation?.operation.id;
    return operationRuns(state) && id !== undefined
      ? `operation ${id} goes on; follow it with: t3-cockpit operations ${id} --follow`
      : undefined;
  }
}
