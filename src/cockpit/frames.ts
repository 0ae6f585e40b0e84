import { glyphsOf } from './glyphs.ts';
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

/** Of what nobody asked for, a screen reader is told no oftener than this; milliseconds. */
const breath = 5000;

/** Ages, sizes and shares, and the room that they take: what goes on changing while nothing happens. */
const quantities = /\d+(?:\.\d+)?(?: ?(?:ms|[smhdy]|[kMGT]?B|%)\b)?|\s+/g;

/**
 * The frames of a store: the same object as long as nothing looks different. Most of what is measured only says again
 * what was known; to have Ink lay all of it out again took three quarters of the cost of watching (measured).
 *
 * Ink reads a frame out from its first line to its last. Where that is done, there is a new one when a key was pressed,
 * or when it says something else in words, and not because everything is a second older.
 */
export class Frames {
  readonly #store: Store;
  #seen: CockpitState | undefined;
  #frame: Frame | undefined;
  #looks = '';
  /** What the frame was made of; `#seen` may be younger. */
  #drawn: CockpitState | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  readonly get = (): Frame => {
    const state = this.#store.get();
    if (this.#frame !== undefined && state === this.#seen) return this.#frame;
    this.#seen = state;
    const patient =
      state.look.spoken === true && this.#drawn !== undefined && !wasAskedFor(this.#drawn, state)
        ? this.#drawn
        : undefined;
    if (this.#frame !== undefined && patient !== undefined && state.now.tick - patient.now.tick < breath)
      return this.#frame;
    const frame: Frame = {
      size: state.size,
      leaving: state.leaving,
      look: state.look,
      screen: tooSmall(state) ? undefined : screenModel(state, glyphsOf(state.look)),
    };
    const looks = JSON.stringify(frame);
    const alike = patient === undefined ? looks === this.#looks : wordsOf(looks) === wordsOf(this.#looks);
    if (this.#frame !== undefined && alike) return this.#frame;
    this.#looks = looks;
    this.#drawn = state;
    return (this.#frame = frame);
  };
}

/** Is something else because of whoever sits there: by a key, another size, or that they have opened it? */
function wasAskedFor(before: CockpitState, after: CockpitState): boolean {
  if (before.fleet.instances.length === 0 && after.fleet.instances.length > 0) return true;
  return (
    ['mode', 'selected', 'marked', 'filter', 'sort', 'notice', 'look', 'size', 'leaving'] as const
  ).some((part) => before[part] !== after[part]);
}

const wordsOf = (looks: string): string => looks.replaceAll(quantities, '');
