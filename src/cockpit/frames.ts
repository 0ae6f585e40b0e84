import { glyphSets } from './glyphs.ts';
import type { Look } from './look.ts';
import type { CockpitState } from './state.ts';
import type { Store } from './store.ts';
import { tooSmall } from './view-models/layout.ts';
import { screenModel, type Screen } from './view-models/screen.ts';

/** What is on the terminal at one moment. */
export interface Frame {
  size: CockpitState['size'];
  leaving: boolean;
  look: Look;
  /** Undefined where the terminal is too small to be read. */
  screen: Screen | undefined;
}

/**
 * The frames of a store: the same object as long as nothing looks different. Most of what is measured only says again
 * what was known; to have Ink lay all of it out again took three quarters of the cost of watching (measured).
 */
export class Frames {
  readonly #store: Store;
  #seen: CockpitState | undefined;
  #frame: Frame | undefined;
  #looks = '';

  constructor(store: Store) {
    this.#store = store;
  }

  readonly get = (): Frame => {
    const state = this.#store.get();
    if (this.#frame !== undefined && state === this.#seen) return this.#frame;
    this.#seen = state;
    const frame: Frame = {
      size: state.size,
      leaving: state.leaving,
      look: state.look,
      screen: tooSmall(state) ? undefined : screenModel(state, glyphSets[state.look.glyphs]),
    };
    const looks = JSON.stringify(frame);
    if (this.#frame !== undefined && looks === this.#looks) return this.#frame;
    this.#looks = looks;
    return (this.#frame = frame);
  };
}
