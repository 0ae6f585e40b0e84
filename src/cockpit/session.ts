import type { Config } from '../config/schema.ts';
import { FleetObserver } from '../fleet/observer.ts';
import type { Host } from '../host/host.ts';
import { Controller, type Effects } from './controller.ts';
import { JournalWatch } from './journal-watch.ts';
import { initialState, operationRuns } from './state.ts';
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

/** The cockpit without its face: the state, what feeds it, and what the keys do. */
export class Session {
  readonly store: Store;
  readonly controller: Controller;
  readonly #observer: FleetObserver;
  readonly #journal: JournalWatch;
  readonly #host: Host;
  #ticking: NodeJS.Timeout | undefined;

  constructor({ config, host, environment, size, effects }: SessionOptions) {
    this.#host = host;
    this.store = new Store(
      initialState(config, size, { wall: host.clock.now(), tick: host.clock.monotonic() }),
    );
    this.controller = new Controller(this.store, effects);
    this.#journal = new JournalWatch(config.paths.state, host, {
      operation: (view) => this.store.dispatch({ type: 'operation', view }),
      done: (user) => void this.#observer.refresh(user),
      problem: (problem) => this.store.dispatch({ type: 'journal problem', problem }),
    });
    this.#observer = new FleetObserver({
      host,
      config,
      environment,
      journal: this.#journal.facts,
    });
    this.#observer.subscribe((fleet) => this.store.dispatch({ type: 'fleet', fleet }));
  }

  start(): void {
    this.#journal.start();
    this.#observer.start();
    this.#ticking = setInterval(
      () =>
        this.store.dispatch({
          type: 'tick',
          wall: this.#host.clock.now(),
          tick: this.#host.clock.monotonic(),
        }),
      tickInterval,
    );
  }

  stop(): void {
    clearInterval(this.#ticking);
    this.#observer.stop();
    this.#journal.stop();
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
