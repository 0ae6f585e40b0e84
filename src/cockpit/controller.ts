import { bindingOf, type Binding, type Intent } from './keymap.ts';
import { printable } from '../text/printable.ts';
import { paneOf, type Mode } from './state.ts';
import type { Store } from './store.ts';
import { gridHeight } from './view-models/layout.ts';

/** Longer than any filter that anybody types, in characters. */
const filterLimit = 200;

/** The number of the operation that runs now, or why none does. */
export type Asked = { operation: number } | { problem: string };

/** What the cockpit has others do; each answers in words for the foot of the screen. */
export interface Effects {
  /** Ask for a backup, of everybody without a user. Resolves once it runs, with its number. */
  backup(user: string | undefined): Promise<Asked>;
  /** Ask for the handshake, of everybody without a user. */
  probe(user: string | undefined, automatic?: boolean): Promise<Asked>;
  /** Ask for what a verification needs. */
  verify(): Promise<Asked>;
  /** Clear up after what was cut off. */
  recover(): Promise<Asked>;
  /** Ask an operation to stop. */
  stop(operation: number): Promise<string>;
  redraw(): void;
}

/** Turns keys into intents, and intents into actions and effects. Holds no state of its own. */
export class Controller {
  readonly #store: Store;
  readonly #effects: Effects;

  constructor(store: Store, effects: Effects) {
    this.#store = store;
    this.#effects = effects;
  }

  /**
   * The keys of one event. Several at once (typed ahead, or held down) only ever look: what starts something has to come
   * alone. While a filter is typed, keys are letters.
   */
  press(keys: readonly string[]): void {
    for (const key of keys) {
      const state = this.#store.get();
      if (state.mode.kind === 'filter') {
        this.#type(key, state.mode);
        continue;
      }
      const binding = bindingOf(key, state);
      if (binding === undefined || (keys.length > 1 && binding.looks !== true)) continue;
      this.#use(binding);
    }
  }

  /** Pasted text is never keys: only a filter that is being typed takes it. */
  paste(text: string): void {
    if (this.#store.get().mode.kind === 'filter') this.#filter((filter) => filter + text.trim());
  }

  #type(key: string, mode: Extract<Mode, { kind: 'filter' }>): void {
    if (key === 'enter')
      return this.#store.dispatch({ type: 'mode', mode: { kind: 'fleet', pane: mode.pane } });
    if (key === 'escape' || key === 'ctrl-c') return this.#store.dispatch({ type: 'take back' });
    if (key === 'backspace' || key === 'delete')
      return this.#filter((filter) => [...filter].slice(0, -1).join(''));
    if (key === 'ctrl-u') return this.#filter(() => '');
    if (key === 'up' || key === 'down')
      return this.#store.dispatch({ type: 'move', by: key === 'up' ? -1 : 1 });
    if ([...key].length === 1) this.#filter((filter) => filter + key);
  }

  #filter(change: (filter: string) => string): void {
    const characters = [...printable(change(this.#store.get().filter))];
    this.#store.dispatch({ type: 'filter', filter: characters.slice(0, filterLimit).join('') });
  }

  #use(binding: Binding): void {
    const reason = binding.disabled?.(this.#store.get());
    if (reason !== undefined) {
      const text = `${binding.keys[0] ?? ''} (${binding.label}) cannot work now: ${reason}`;
      this.#store.dispatch({ type: 'notice', notice: { text, tone: 'attention' } });
      return;
    }
    this.#perform(binding.intent);
  }

  #perform(intent: Intent): void {
    const { dispatch, get } = this.#store;
    const state = get();
    const pane = paneOf(state.mode);
    switch (intent.type) {
      case 'move':
        return dispatch({ type: 'move', by: intent.by });
      case 'page':
        return dispatch({
          type: 'move',
          by: intent.direction * Math.max(1, Math.floor(gridHeight(state) / 2)),
        });
      case 'help':
        return dispatch({
          type: 'mode',
          mode:
            state.mode.kind === 'help' ? { kind: 'fleet', pane } : { kind: 'help', offset: 0, from: pane },
        });
      case 'detail':
        return dispatch({
          type: 'mode',
          mode:
            state.mode.kind === 'detail'
              ? { kind: 'fleet', pane }
              : { kind: 'detail', offset: 0, from: pane },
        });
      case 'filter': {
        const { filter, selected } = state;
        return dispatch({ type: 'mode', mode: { kind: 'filter', pane, before: { filter, selected } } });
      }
      case 'sort':
        return dispatch({ type: 'sort' });
      case 'pane':
        return dispatch({
          type: 'mode',
          mode: { kind: 'fleet', pane: pane === 'operation' ? 'instance' : 'operation' },
        });
      case 'back':
        return this.#back();
      case 'probe': {
        const user = intent.everybody ? undefined : state.selected;
        return void this.#ask(`probe of ${user ?? 'everyone'}`, () => this.#effects.probe(user));
      }
      case 'verify':
        dispatch({ type: 'mode', mode: { kind: 'report', offset: 0, from: pane } });
        return void this.#ask('verification', () => this.#effects.verify());
      case 'recover':
        return void this.#ask('clearing up', () => this.#effects.recover());
      case 'backup': {
        const user = intent.everybody ? undefined : state.selected;
        return void this.#ask(`backup of ${user ?? 'everyone'}`, () => this.#effects.backup(user));
      }
      case 'stop':
        return void this.#stop(state.operation?.operation.id);
      case 'redraw':
        return this.#effects.redraw();
      case 'quit':
        return dispatch({ type: 'leave' });
    }
  }

  /** Out of a mode; in the fleet, out of the operation's pane, then out of the filter. */
  #back(): void {
    const { dispatch, get } = this.#store;
    const { mode, filter } = get();
    const pane = mode.kind === 'fleet' ? 'instance' : paneOf(mode);
    if (mode.kind === 'fleet' && mode.pane === 'instance' && filter !== '')
      return dispatch({ type: 'filter', filter: '' });
    dispatch({ type: 'mode', mode: { kind: 'fleet', pane } });
  }

  async #ask(what: string, ask: () => Promise<Asked>): Promise<void> {
    this.#say(`${what}…`, 'muted');
    const answer = await ask();
    if ('problem' in answer) this.#say(answer.problem, 'danger');
    else this.#say(`operation ${answer.operation}: ${what}`, 'ok');
  }

  async #stop(operation: number | undefined): Promise<void> {
    if (operation === undefined) return;
    this.#say('asking it to stop…', 'muted');
    this.#say(await this.#effects.stop(operation), 'attention');
  }

  #say(text: string, tone: 'muted' | 'ok' | 'attention' | 'danger'): void {
    this.#store.dispatch({ type: 'notice', notice: { text, tone } });
  }
}
