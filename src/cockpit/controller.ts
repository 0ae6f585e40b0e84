import { valueOf } from '../fleet/observation.ts';
import { listedOperation } from './courtesy.ts';
import type { Binding, Intent } from './intents.ts';
import { bindingOf } from './keymap.ts';
import { printable } from '../text/printable.ts';
import { paneOf, type Mode } from './state.ts';
import { askingText, wordOf, type Asking, type Choice, type Comparison, type Preview } from './asking.ts';
import { snapshotsOf, visibleInstances } from './arrange.ts';
import { nextPalette } from './look.ts';
import { offeredIn } from './offered.ts';
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
  /** Have a user's snapshots read, and tried. */
  readSnapshots(user: string): Promise<Asked>;
  /** The plan of something, nothing done. */
  preview(asking: Asking): Promise<Preview>;
  /** Do what was agreed to. `interruptTurn`: a turn in flight may be cut off; that was part of the agreement. */
  carryOut(asking: Asking, interruptTurn: boolean): Promise<Asked>;
  /** How much work a user's database holds now. */
  compare(user: string): Promise<Comparison>;
  /** What the package source has. */
  versions(): Promise<Choice>;
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
      if (state.mode.kind === 'plan' && this.#agree(key, keys.length, state.mode)) continue;
      const binding = bindingOf(key, state);
      if (binding === undefined || (keys.length > 1 && binding.looks !== true)) continue;
      this.#use(binding);
    }
  }

  /** Pasted text is never keys: only a filter that is being typed takes it. */
  paste(text: string): void {
    const { kind } = this.#store.get().mode;
    if (kind === 'filter') this.#filter((filter) => filter + text.trim());
    if (kind === 'plan') this.#say('what is pasted confirms nothing: type it', 'attention');
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
      this.#say('one key at a time: nothing was confirmed', 'attention');
      return true;
    }
    const word = wordOf(preview);
    if (letter) dispatch({ type: 'typed', typed: `${typed}${key}`.slice(0, word.length + 8) });
    else if (key !== 'enter') dispatch({ type: 'typed', typed: [...typed].slice(0, -1).join('') });
    else if (typed === word) this.#carryOut(mode, preview.plan.consent?.interrupts === true);
    else this.#say(`type ${word}, then enter; escape: nothing is changed`, 'attention');
    return true;
  }

  #carryOut({ asking, from }: Extract<Mode, { kind: 'plan' }>, interruptTurn: boolean): void {
    this.#store.dispatch({ type: 'mode', mode: { kind: 'fleet', pane: from } });
    void this.#ask(askingText(asking), () => this.#effects.carryOut(asking, interruptTurn));
  }

  /** Show what something would do, and ask. */
  #plan(asking: Asking): void {
    const { dispatch, get } = this.#store;
    const from = paneOf(get().mode);
    dispatch({
      type: 'mode',
      mode: { kind: 'plan', asking, preview: undefined, typed: '', offset: 0, from },
    });
    void this.#effects.preview(asking).then((preview) => dispatch({ type: 'preview', asking, preview }));
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
      case 'findings':
        return dispatch({
          type: 'mode',
          mode:
            state.mode.kind === 'findings'
              ? { kind: 'fleet', pane }
              : { kind: 'findings', at: 0, key: undefined, from: pane },
        });
      case 'row':
        // A filter must not hide whom a finding is about.
        if (!visibleInstances(state).some(({ user }) => user === state.selected))
          dispatch({ type: 'filter', filter: '' });
        return dispatch({ type: 'mode', mode: { kind: 'fleet', pane: 'instance' } });
      case 'palette colours': {
        const palette = nextPalette(state.look.palette);
        dispatch({ type: 'look', look: { palette } });
        return this.#say(`colours: ${palette} (screen.theme in the config keeps it)`, 'muted');
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
      case 'restore':
        if (state.selected === undefined) return;
        dispatch({
          type: 'mode',
          mode: {
            kind: 'pick',
            user: state.selected,
            at: 0,
            key: undefined,
            comparison: undefined,
            from: pane,
          },
        });
        return void this.#effects
          .compare(state.selected)
          .then((comparison) => dispatch({ type: 'comparison', comparison }));
      case 'choose': {
        const { mode } = state;
        const entry = mode.kind === 'pick' ? snapshotsOf(state, mode.user)[mode.at] : undefined;
        if (entry !== undefined)
          this.#plan({ kind: 'restore', user: entry.user, file: `${entry.folder}/${entry.file}` });
        return;
      }
      case 'read': {
        const { mode } = state;
        if (mode.kind !== 'pick') return;
        return void this.#ask(`reading of ${mode.user}’s snapshots`, () =>
          this.#effects.readSnapshots(mode.user),
        );
      }
      case 'restart':
        if (state.selected !== undefined) this.#plan({ kind: 'restart', user: state.selected });
        return;
      case 'drain':
        return this.#plan({ kind: 'drain' });
      case 'bump':
        dispatch({
          type: 'mode',
          mode: { kind: 'versions', at: 0, key: undefined, choice: undefined, from: pane },
        });
        return void this.#effects.versions().then((choice) => dispatch({ type: 'choice', choice }));
      case 'choose version': {
        const version = state.mode.kind === 'versions' ? offeredIn(state.mode)[state.mode.at] : undefined;
        if (version !== undefined) this.#plan({ kind: 'bump', version });
        return;
      }
      case 'freeze':
        return this.#plan({ kind: valueOf(state.fleet.freeze)?.frozen === true ? 'unfreeze' : 'freeze' });
      case 'operations':
        return dispatch({
          type: 'mode',
          mode:
            state.mode.kind === 'operations'
              ? { kind: 'fleet', pane }
              : { kind: 'operations', at: 0, key: undefined, from: pane },
        });
      case 'undo':
      case 'resume':
      case 'rollback': {
        const id = listedOperation(state)?.operation.id;
        if (id !== undefined) this.#plan({ kind: intent.type, operation: id });
        return;
      }
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
