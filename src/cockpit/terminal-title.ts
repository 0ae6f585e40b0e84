import { glyphsOf } from './glyphs.ts';
import { titleOf } from './title.ts';
import type { Store } from './store.ts';

/** Push and pop the title (XTWINOPS 22, 23), and set it (OSC 2): xterm's control sequences, tmux knows them as well. */
const push = '\u001b[22;2t';
const pop = '\u001b[23;2t';
const set = (title: string) => `\u001b]2;${title}\u001b\\`;

/** Says in the terminal's title how the fleet stands, while it is ours; gives back the one from before. */
export class TerminalTitle {
  readonly #store: Store;
  readonly #write: (text: string) => void;
  #unsubscribe: (() => void) | undefined;
  #said = '';

  constructor(store: Store, write: (text: string) => void) {
    this.#store = store;
    this.#write = write;
  }

  take(): void {
    if (!this.#store.get().config.screen.title || this.#unsubscribe !== undefined) return;
    this.#write(push);
    this.#said = '';
    this.#unsubscribe = this.#store.subscribe(() => this.#say());
    this.#say();
  }

  giveBack(): void {
    if (this.#unsubscribe === undefined) return;
    this.#unsubscribe();
    this.#unsubscribe = undefined;
    this.#write(pop);
  }

  #say(): void {
    const state = this.#store.get();
    const title = glyphsOf(state.look).text(titleOf(state));
    if (title === this.#said) return;
    this.#said = title;
    this.#write(set(title));
  }
}
