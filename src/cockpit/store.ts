import { reduce, type Action } from './reducer.ts';
import type { CockpitState } from './state.ts';

/** The one place where the cockpit's state lives. */
export class Store {
  #state: CockpitState;
  readonly #listeners = new Set<() => void>();

  constructor(initial: CockpitState) {
    this.#state = initial;
  }

  readonly get = (): CockpitState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  readonly dispatch = (action: Action): void => {
    const next = reduce(this.#state, action);
    if (next === this.#state) return;
    this.#state = next;
    for (const listener of this.#listeners) listener();
  };
}
