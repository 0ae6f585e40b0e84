import type { Binding } from './intents.ts';
import { bindingOf } from './keymap.ts';
import type { Effects } from './effects.ts';
import { Performer } from './performing.ts';
import type { Completion } from './palette.ts';
import type { Store } from './store.ts';
import { Typing } from './typing.ts';
import { tooSmall } from './view-models/layout.ts';

export type { Asked, Effects } from './effects.ts';

/** Turns keys into intents, which `Performer` carries out; keys that are letters are for `Typing`. Holds no state of its own. */
export class Controller {
  readonly #store: Store;
  readonly #performer: Performer;
  readonly #typing: Typing;

  constructor(store: Store, effects: Effects) {
    this.#store = store;
    this.#performer = new Performer(store, effects);
    this.#typing = new Typing(store, this.#performer, (chosen) => this.#run(chosen));
  }

  /**
   * The keys of one event. Several at once (typed ahead, or held down) only ever look: what starts something has to come
   * alone. While something is typed, keys are letters. Every key is answered on the screen, if only by why it does nothing.
   */
  press(keys: readonly string[]): void {
    this.#performer.pass();
    const passedOver: string[] = [];
    for (const key of keys) {
      // What cannot be seen is not to be steered; the screen says what it takes.
      const blind = tooSmall(this.#store.get());
      if (!blind && this.#typing.take(key, keys.length)) continue;
      const binding = bindingOf(key, this.#store.get());
      if (blind && binding?.blind !== true) continue;
      if (binding !== undefined && (keys.length === 1 || binding.looks === true)) this.#use(binding);
      else if (keys.length > 1) passedOver.push(key);
      else
        this.#performer.answer(
          `${key === ' ' ? 'space' : key} is no key here; ? shows those that are`,
          'muted',
        );
    }
    if (passedOver.length > 0)
      this.#performer.answer(
        `keys that come together only look: ${[...new Set(passedOver)].slice(0, 8).join(' ')} did nothing`,
        'muted',
      );
  }

  paste(text: string): void {
    this.#performer.pass();
    this.#typing.paste(text);
  }

  #run({ before, open, binding }: Completion): void {
    for (const action of before) this.#store.dispatch(action);
    if (open !== undefined) this.#performer.open(open);
    if (binding !== undefined) this.#use(binding);
  }

  #use(binding: Binding): void {
    const reason = binding.disabled?.(this.#store.get());
    if (reason === undefined) return this.#performer.perform(binding.intent);
    this.#performer.answer(
      `${binding.keys[0] ?? ''} (${binding.label}) cannot work now: ${reason}`,
      'attention',
    );
  }
}
