import { printable } from '../text/printable.ts';
import { wordOf } from './asking.ts';
import { completionsOf, type Completion } from './palette.ts';
import { windowFor } from './later.ts';
import type { Performer } from './performing.ts';
import type { Mode } from './state.ts';
import type { Store } from './store.ts';

/** Longer than anything that anybody types into a prompt, in characters. */
const promptLimit = 200;

type Filtering = Extract<Mode, { kind: 'filter' }>;
type Commanding = Extract<Mode, { kind: 'command' }>;
type Opened = Extract<Mode, { kind: 'operation' }>;
type When = Extract<Mode, { kind: 'when' }>;
type Agreeing = Extract<Mode, { kind: 'plan' }>;

/** Keys while something is typed: letters go into it, and a few others end it. Holds no state of its own. */
export class Typing {
  readonly #store: Store;
  readonly #performer: Performer;
  readonly #run: (chosen: Completion) => void;

  /** @param run Carry out the command that was chosen. */
  constructor(store: Store, performer: Performer, run: (chosen: Completion) => void) {
    this.#store = store;
    this.#performer = performer;
    this.#run = run;
  }

  /**
   * @param together How many keys came in one read.
   * @returns whether the key was for what is being typed
   */
  take(key: string, together: number): boolean {
    const { mode } = this.#store.get();
    if (mode.kind === 'filter') this.#intoFilter(key, mode);
    else if (mode.kind === 'command') this.#intoCommand(key, together, mode);
    else if (mode.kind === 'operation' && mode.typing) this.#intoSearch(key, mode);
    else if (mode.kind === 'when') this.#intoTime(key, together, mode);
    else return mode.kind === 'plan' && this.#intoWord(key, together, mode);
    return true;
  }

  /** Pasted text is never keys: only what is being typed takes it, and a plan does not. */
  paste(text: string): void {
    const { mode } = this.#store.get();
    if (mode.kind === 'filter') this.#filter((filter) => filter + text.trim());
    else if (mode.kind === 'command') this.#typed(mode, mode.typed + text.trim());
    else if (mode.kind === 'operation' && mode.typing) this.#sought(mode, mode.search + text.trim());
    else if (mode.kind === 'when') this.#timed(mode, mode.typed + text.trim());
    else if (mode.kind === 'plan')
      this.#performer.answer('what is pasted confirms nothing: type it', 'attention');
    else this.#performer.answer('what is pasted is no key: nothing was done', 'muted');
  }

  /**
   * Letters are typed into the word of a plan, and enter agrees once it is whole. Each has to come alone: what was typed
   * ahead, pasted or held down makes the word wrong at most, and never agrees.
   */
  #intoWord(key: string, together: number, { preview, ...mode }: Agreeing): boolean {
    const letter = [...key].length === 1;
    if (!letter && key !== 'enter' && key !== 'backspace' && key !== 'delete') return false;
    if (preview === undefined) {
      this.#performer.answer('the plan is still being made: nothing was typed', 'muted');
      return true;
    }
    if (!('plan' in preview)) return false;
    if (together > 1) {
      this.#performer.answer('one key at a time: nothing was confirmed', 'attention');
      return true;
    }
    const { dispatch } = this.#store;
    const { typed } = mode;
    const word = wordOf(preview);
    if (letter) dispatch({ type: 'typed', typed: `${typed}${key}`.slice(0, word.length + 8) });
    else if (key !== 'enter') this.#shorten(typed, (shorter) => dispatch({ type: 'typed', typed: shorter }));
    else if (typed === word)
      this.#performer.carryOut({ ...mode, preview }, preview.plan.consent?.interrupts === true);
    else this.#performer.answer(`type ${word}, then enter; escape: nothing is changed`, 'attention');
    return true;
  }

  #intoFilter(key: string, mode: Filtering): void {
    const { dispatch, get } = this.#store;
    if (key === 'enter') return dispatch({ type: 'mode', mode: { kind: 'fleet', pane: mode.pane } });
    if (key === 'escape' || key === 'ctrl-c') return dispatch({ type: 'take back' });
    if (key === 'up' || key === 'down')
      return this.#performer.perform({ type: 'move', by: key === 'up' ? -1 : 1 });
    this.#edit(key, get().filter, (text) => this.#filter(() => text));
  }

  #filter(change: (filter: string) => string): void {
    this.#store.dispatch({ type: 'filter', filter: clean(change(this.#store.get().filter)) });
  }

  /** What starts something is run by an enter that comes alone. */
  #intoCommand(key: string, together: number, mode: Commanding): void {
    const { dispatch, get } = this.#store;
    const leave = () => dispatch({ type: 'mode', mode: mode.of ?? { kind: 'fleet', pane: mode.from } });
    const found = completionsOf(get());
    const chosen = found[Math.min(mode.at, found.length - 1)];
    const noSuch = () => this.#performer.answer(`no command is like "${mode.typed}"`, 'attention');
    if (key === 'escape' || key === 'ctrl-c' || (key === 'backspace' && mode.typed === '')) return leave();
    if (key === 'up' || key === 'down') {
      const at = Math.max(0, Math.min(found.length - 1, mode.at + (key === 'up' ? -1 : 1)));
      if (at === mode.at)
        return this.#performer.answer(`that is the ${key === 'up' ? 'first' : 'last'}`, 'muted');
      return dispatch({ type: 'mode', mode: { ...mode, at } });
    }
    if (key === 'tab') return chosen === undefined ? noSuch() : this.#typed(mode, `${chosen.text} `);
    if (key !== 'enter') return this.#edit(key, mode.typed, (text) => this.#typed(mode, text));
    if (chosen === undefined) return noSuch();
    if (together > 1 && chosen.binding?.looks !== true)
      return this.#performer.answer('one key at a time: nothing was started', 'attention');
    leave();
    this.#run(chosen);
  }

  #typed(mode: Commanding, typed: string): void {
    this.#store.dispatch({ type: 'mode', mode: { ...mode, typed: clean(typed), at: 0 } });
  }

  #intoSearch(key: string, mode: Opened): void {
    const { dispatch } = this.#store;
    if (key === 'escape' || key === 'ctrl-c')
      return dispatch({ type: 'mode', mode: { ...mode, typing: false, search: '' } });
    if (key !== 'enter') return this.#edit(key, mode.search, (text) => this.#sought(mode, text));
    dispatch({ type: 'mode', mode: { ...mode, typing: false } });
    // From the end backwards: what was said last is what one looks for.
    if (mode.search !== '') this.#performer.perform({ type: 'match', direction: -1 });
  }

  /** What is typed is a time; enter shows the plan for it, and agrees to nothing. */
  #intoTime(key: string, together: number, mode: When): void {
    const { dispatch, get } = this.#store;
    if (key === 'escape' || key === 'ctrl-c')
      return dispatch({
        type: 'mode',
        mode: { kind: 'schedules', at: 0, key: undefined, from: mode.from },
      });
    if (key !== 'enter') return this.#edit(key, mode.typed, (text) => this.#timed(mode, text));
    const found = windowFor(mode.typed, get().now.wall);
    if (together > 1) this.#performer.answer('one key at a time: nothing was planned', 'attention');
    else if ('problem' in found) this.#performer.answer(found.problem, 'attention');
    else this.#performer.plan({ kind: 'schedule', what: mode.what, when: mode.typed });
  }

  #timed(mode: When, typed: string): void {
    this.#store.dispatch({ type: 'mode', mode: { ...mode, typed: clean(typed).slice(0, 20) } });
  }

  #sought(mode: Opened, search: string): void {
    this.#store.dispatch({ type: 'mode', mode: { ...mode, search: clean(search) } });
  }

  /** What a key makes of what is being typed; a key that makes nothing of it is answered as well. */
  #edit(key: string, text: string, take: (text: string) => void): void {
    if ([...key].length === 1) return take(text + key);
    if (key === 'backspace' || key === 'delete') return this.#shorten(text, take);
    if (key === 'ctrl-u') return text === '' ? this.#empty() : take('');
    this.#performer.answer(`${key} is no key while something is typed`, 'muted');
  }

  #shorten(text: string, take: (text: string) => void): void {
    if (text === '') this.#empty();
    else take([...text].slice(0, -1).join(''));
  }

  #empty(): void {
    this.#performer.answer('nothing is typed yet', 'muted');
  }
}

/** What can be shown of it, and not more than one types. */
const clean = (text: string): string => [...printable(text)].slice(0, promptLimit).join('');
