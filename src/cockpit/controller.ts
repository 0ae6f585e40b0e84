import type { Binding } from './intents.ts';
import { bindingOf } from './keymap.ts';
import { printable } from '../text/printable.ts';
import { type Mode } from './state.ts';
import { wordOf } from './asking.ts';
import type { Effects } from './effects.ts';
import { completionsOf } from './palette.ts';
import { Performer } from './performing.ts';
import type { Store } from './store.ts';

export type { Asked, Effects } from './effects.ts';

/** Longer than anything that anybody types into a prompt, in characters. */
const promptLimit = 200;

/** Turns keys into intents, which `Performer` carries out. Holds no state of its own. */
export class Controller {
  readonly #store: Store;
  readonly #performer: Performer;

  constructor(store: Store, effects: Effects) {
    this.#store = store;
    this.#performer = new Performer(store, effects);
  }

  /**
   * The keys of one event. Several at once (typed ahead, or held down) only ever look: what starts something has to come
   * alone. While something is typed, keys are letters.
   */
  press(keys: readonly string[]): void {
    for (const key of keys) {
      const state = this.#store.get();
      const { mode } = state;
      if (mode.kind === 'filter') {
        this.#type(key, mode);
        continue;
      }
      if (mode.kind === 'command') {
        this.#command(key, keys.length, mode);
        continue;
      }
      if (mode.kind === 'operation' && mode.typing) {
        this.#search(key, mode);
        continue;
      }
      if (mode.kind === 'plan' && this.#agree(key, keys.length, mode)) continue;
      const binding = bindingOf(key, state);
      if (binding === undefined) {
        if (keys.length === 1) this.#unbound(key, mode);
      } else if (keys.length === 1 || binding.looks === true) this.#use(binding);
    }
  }

  /** Pasted text is never keys: only what is being typed takes it, and a plan does not. */
  paste(text: string): void {
    const { mode } = this.#store.get();
    if (mode.kind === 'filter') this.#filter((filter) => filter + text.trim());
    if (mode.kind === 'command') this.#typed(mode, mode.typed + text.trim());
    if (mode.kind === 'operation' && mode.typing) this.#sought(mode, mode.search + text.trim());
    if (mode.kind === 'plan') this.#performer.say('what is pasted confirms nothing: type it', 'attention');
  }

  /**
   * Keys while a plan waits to be agreed to: letters are typed into the word, and enter agrees once it is whole. Each has
   * to come alone: what was typed ahead, pasted or held down makes the word wrong at most, and never agrees.
   *
   * @returns whether the key was one of these.
   */
  #agree(key: string, together: number, mode: Extract<Mode, { kind: 'plan' }>): boolean {
    const { preview, typed } = mode;
    if (preview === undefined || !('plan' in preview)) return false;
    const { dispatch } = this.#store;
    const letter = [...key].length === 1;
    if (!letter && key !== 'enter' && key !== 'backspace' && key !== 'delete') return false;
    if (together > 1) {
      this.#performer.say('one key at a time: nothing was confirmed', 'attention');
      return true;
    }
    const word = wordOf(preview);
    if (letter) dispatch({ type: 'typed', typed: `${typed}${key}`.slice(0, word.length + 8) });
    else if (key !== 'enter') dispatch({ type: 'typed', typed: [...typed].slice(0, -1).join('') });
    else if (typed === word) this.#performer.carryOut(mode, preview.plan.consent?.interrupts === true);
    else this.#performer.say(`type ${word}, then enter; escape: nothing is changed`, 'attention');
    return true;
  }

  #type(key: string, mode: Extract<Mode, { kind: 'filter' }>): void {
    if (key === 'enter')
      return this.#store.dispatch({ type: 'mode', mode: { kind: 'fleet', pane: mode.pane } });
    if (key === 'escape' || key === 'ctrl-c') return this.#store.dispatch({ type: 'take back' });
    if (key === 'up' || key === 'down')
      return this.#store.dispatch({ type: 'move', by: key === 'up' ? -1 : 1 });
    this.#filter((filter) => edited(filter, key));
  }

  #filter(change: (filter: string) => string): void {
    this.#store.dispatch({ type: 'filter', filter: clean(change(this.#store.get().filter)) });
  }

  /** Keys while a command is typed. What starts something is run by an enter that comes alone. */
  #command(key: string, together: number, mode: Extract<Mode, { kind: 'command' }>): void {
    const { dispatch, get } = this.#store;
    const leave = () => dispatch({ type: 'mode', mode: mode.of ?? { kind: 'fleet', pane: mode.from } });
    const found = completionsOf(get());
    const chosen = found[Math.min(mode.at, found.length - 1)];
    if (key === 'escape' || key === 'ctrl-c' || (key === 'backspace' && mode.typed === '')) return leave();
    if (key === 'up' || key === 'down') {
      const at = Math.max(0, Math.min(found.length - 1, mode.at + (key === 'up' ? -1 : 1)));
      return dispatch({ type: 'mode', mode: { ...mode, at } });
    }
    if (key === 'tab') return chosen === undefined ? undefined : this.#typed(mode, `${chosen.text} `);
    if (key !== 'enter') return this.#typed(mode, edited(mode.typed, key));
    if (chosen === undefined) return this.#performer.say(`no command is like "${mode.typed}"`, 'attention');
    if (together > 1 && chosen.binding?.looks !== true)
      return this.#performer.say('one key at a time: nothing was started', 'attention');
    leave();
    for (const action of chosen.before) dispatch(action);
    if (chosen.open !== undefined) this.#performer.open(chosen.open);
    if (chosen.binding !== undefined) this.#use(chosen.binding);
  }

  #typed(mode: Extract<Mode, { kind: 'command' }>, typed: string): void {
    this.#store.dispatch({ type: 'mode', mode: { ...mode, typed: clean(typed), at: 0 } });
  }

  #search(key: string, mode: Extract<Mode, { kind: 'operation' }>): void {
    const { dispatch } = this.#store;
    if (key === 'escape' || key === 'ctrl-c')
      return dispatch({ type: 'mode', mode: { ...mode, typing: false, search: '' } });
    if (key !== 'enter') return this.#sought(mode, edited(mode.search, key));
    dispatch({ type: 'mode', mode: { ...mode, typing: false } });
    // From the end backwards: what was said last is what one looks for.
    if (mode.search !== '') this.#performer.perform({ type: 'match', direction: -1 });
  }

  #sought(mode: Extract<Mode, { kind: 'operation' }>, search: string): void {
    this.#store.dispatch({ type: 'mode', mode: { ...mode, search: clean(search) } });
  }

  /** A key that is none is answered, too; but not over the question of a plan. */
  #unbound(key: string, mode: Mode): void {
    if (mode.kind !== 'plan')
      this.#performer.say(`${key === ' ' ? 'space' : key} is no key here; ? shows those that are`, 'muted');
  }

  #use(binding: Binding): void {
    const reason = binding.disabled?.(this.#store.get());
    if (reason === undefined) return this.#performer.perform(binding.intent);
    this.#performer.say(
      `${binding.keys[0] ?? ''} (${binding.label}) cannot work now: ${reason}`,
      'attention',
    );
  }
}

/** What a key makes of what is being typed. */
function edited(text: string, key: string): string {
  if (key === 'backspace' || key === 'delete') return [...text].slice(0, -1).join('');
  if (key === 'ctrl-u') return '';
  return [...key].length === 1 ? text + key : text;
}

/** What can be shown of it, and not more than one types. */
const clean = (text: string): string => [...printable(text)].slice(0, promptLimit).join('');
