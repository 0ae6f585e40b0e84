import { bindingOf, type Binding, type Intent } from './keymap.ts';
import type { Store } from './store.ts';
import { gridHeight } from './view-models/layout.ts';

/** What the cockpit has others do; each answers in words for the foot of the screen. */
export interface Effects {
  /** Ask for a backup, of everybody without a user. Resolves once it runs, with its number. */
  backup(user: string | undefined): Promise<{ operation: number } | { problem: string }>;
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

  /** The keys of one event. Several at once (typed ahead, or held down) only ever move the selection. */
  press(keys: readonly string[]): void {
    for (const key of keys) {
      const binding = bindingOf(key, this.#store.get());
      if (binding === undefined || (keys.length > 1 && binding.repeats !== true)) continue;
      this.#use(binding);
    }
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
    const pane = state.mode.kind === 'help' ? state.mode.from : state.mode.pane;
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
      case 'pane':
        return dispatch({
          type: 'mode',
          mode: { kind: 'fleet', pane: pane === 'operation' ? 'instance' : 'operation' },
        });
      case 'back':
        return dispatch({
          type: 'mode',
          mode: { kind: 'fleet', pane: state.mode.kind === 'help' ? pane : 'instance' },
        });
      case 'backup':
        return void this.#backup(intent.everybody ? undefined : state.selected);
      case 'stop':
        return void this.#stop(state.operation?.operation.id);
      case 'redraw':
        return this.#effects.redraw();
      case 'quit':
        return dispatch({ type: 'leave' });
    }
  }

  async #backup(user: string | undefined): Promise<void> {
    this.#say(`backing up ${user ?? 'everyone'}…`, 'muted');
    const answer = await this.#effects.backup(user);
    if ('problem' in answer) this.#say(answer.problem, 'danger');
    else this.#say(`operation ${answer.operation}: backup of ${user ?? 'everyone'}`, 'ok');
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
