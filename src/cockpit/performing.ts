import { isInSight } from './arrange.ts';
import { askingFor, isAsking, meantBy, needsNoPlan, type AskingIntent } from './asked-for.ts';
import { askingText, type Asking } from './asking.ts';
import { listedOperation } from './courtesy.ts';
import type { Asked, Effects } from './effects.ts';
import type { Intent } from './intents.ts';
import type { Later } from './later.ts';
import { nextPalette } from './look.ts';
import { offeredIn } from './offered.ts';
import { detailTabs, paneOf, type CockpitState, type DetailTab, type Mode, type Sort } from './state.ts';
import { atTheEnd } from './reducer.ts';
import type { Store } from './store.ts';
import { bodyHeight, bodyOf } from './view-models/body.ts';
import { OpenedOperationKeys } from './opened-operation-keys.ts';
import { gridHeight } from './view-models/layout.ts';

/** Carries intents out: those that only look by the reducer, the others by effects. Holds no state of its own. */
export class Performer {
  readonly #store: Store;
  readonly #effects: Effects;
  readonly #opened: OpenedOperationKeys;

  constructor(store: Store, effects: Effects) {
    this.#store = store;
    this.#effects = effects;
    this.#opened = new OpenedOperationKeys(store, effects, this);
  }

  perform(intent: Intent): void {
    if (isAsking(intent)) return this.#ask(intent);
    const { dispatch, get } = this.#store;
    const state = get();
    const pane = paneOf(state.mode);
    const users = meantBy(state);
    switch (intent.type) {
      case 'move':
        return this.#move(intent.by);
      case 'page':
        return this.#move(intent.direction * Math.max(1, Math.floor(gridHeight(state) / 2)));
      case 'help':
        return this.#toggle('help', { kind: 'help', offset: 0, from: pane, of: state.mode });
      case 'detail':
        return this.#toggle('detail', { kind: 'detail', offset: 0, from: pane });
      case 'tab':
        return this.#tab(intent.to);
      case 'log':
        if (state.mode.kind === 'detail' && state.mode.tab === 'log')
          return this.answer('this is the log', 'muted');
        return this.#show({ kind: 'detail', tab: 'log', offset: atTheEnd, from: pane });
      case 'filter': {
        const { filter, selected } = state;
        return this.#show({ kind: 'filter', pane, before: { filter, selected } });
      }
      case 'command':
        return this.#show({ kind: 'command', typed: '', at: 0, from: pane, of: state.mode });
      case 'happened':
        return this.#toggle('happened', { kind: 'happened', offset: 0, from: pane });
      case 'findings':
        return this.#toggle('findings', { kind: 'findings', at: 0, key: undefined, from: pane });
      case 'row':
        // A filter must not hide whom a finding is about.
        if (!isInSight(state)) dispatch({ type: 'filter', filter: '' });
        return this.#show({ kind: 'fleet', pane: 'instance' });
      case 'palette colours': {
        const palette = nextPalette(state.look.palette);
        dispatch({ type: 'look', look: { palette } });
        return this.answer(`colours: ${palette} (screen.theme in the config keeps it)`, 'muted');
      }
      case 'sort':
        dispatch({ type: 'sort' });
        // Its column may have no room here.
        return this.answer(`rows ${sortTexts[get().sort]}`, 'muted');
      case 'mark':
        return dispatch({ type: 'mark' });
      case 'mark all':
        return dispatch({ type: 'mark all' });
      case 'pane':
        return this.#show({ kind: 'fleet', pane: pane === 'operation' ? 'instance' : 'operation' });
      case 'back':
        return this.#back();
      case 'probe':
        return this.#probe(intent.everybody ? [] : users);
      case 'verify':
        this.#show({ kind: 'report', offset: 0, from: pane });
        return void this.ask('verification', () => this.#effects.verify());
      case 'restore':
        return this.#restore();
      case 'read': {
        const { mode } = state;
        if (mode.kind !== 'pick') return;
        return void this.ask(`reading of ${mode.user}’s snapshots`, () =>
          this.#effects.readSnapshots(mode.user),
        );
      }
      case 'bump':
        this.#show({ kind: 'versions', at: 0, key: undefined, choice: undefined, from: pane });
        return void this.#effects.versions().then((choice) => dispatch({ type: 'choice', choice }));
      case 'operations':
        return this.#toggle('operations', { kind: 'operations', at: 0, key: undefined, from: pane });
      case 'schedules':
        return this.#toggle('schedules', { kind: 'schedules', at: 0, key: undefined, from: pane });
      case 'later':
        return this.#later(intent.what);
      case 'open operation': {
        const id = (listedOperation(state) ?? state.operation ?? state.operations[0])?.operation.id;
        return id === undefined ? undefined : this.open(id);
      }
      case 'operation view':
        return this.#opened.view(intent.view);
      case 'fold':
        return this.#opened.fold(intent.to);
      case 'fold all':
        return this.#opened.foldAll(intent.to);
      case 'search':
        return this.#opened.search();
      case 'match':
        return this.#opened.match(intent.direction);
      case 'save report':
        return this.#opened.save();
      case 'doctor':
        if (state.mode.kind !== 'doctor') return this.#doctor();
        return this.#back();
      case 'recover':
        return void this.ask('clearing up', () => this.#effects.recover());
      case 'backup':
        return this.#backup(intent.everybody ? [] : users);
      case 'stop':
        return void this.#stop(state.operation?.operation.id);
      case 'redraw':
        return this.#effects.redraw();
      case 'suspend':
        return this.#effects.suspend();
      case 'quit':
        return dispatch({ type: 'leave' });
    }
  }

  #ask(intent: AskingIntent): void {
    const asking = askingFor(intent, this.#store.get());
    if (asking === undefined) return;
    if (needsNoPlan(asking)) void this.ask(askingText(asking), () => this.#effects.carryOut(asking, false));
    else this.plan(asking);
  }

  /** Show what something would do, and ask. */
  plan(asking: Asking): void {
    const { dispatch, get } = this.#store;
    this.#show({ kind: 'plan', asking, preview: undefined, typed: '', offset: 0, from: paneOf(get().mode) });
    void this.#effects.preview(asking).then((preview) => dispatch({ type: 'preview', asking, preview }));
  }

  /** Do what was agreed to. */
  carryOut({ asking, from }: Extract<Mode, { kind: 'plan' }>, interruptTurn: boolean): void {
    // Where what comes of it is seen: of a bump for later, the trial of its version.
    const listed = asking.kind === 'cancel' || (asking.kind === 'schedule' && asking.what.kind !== 'bump');
    this.#show(listed ? { kind: 'schedules', at: 0, key: undefined, from } : { kind: 'fleet', pane: from });
    void this.ask(askingText(asking), () => this.#effects.carryOut(asking, interruptTurn));
  }

  #doctor(): void {
    const { dispatch, get } = this.#store;
    this.#show({ kind: 'doctor', diagnosis: undefined, offset: 0, from: paneOf(get().mode) });
    void this.#effects.doctor().then((diagnosis) => dispatch({ type: 'diagnosis', diagnosis }));
  }

  /** One operation wholly; escape leads back to where it was opened from. */
  open(id: number): void {
    const { mode } = this.#store.get();
    this.#store.dispatch({ type: 'read', operation: id });
    this.#show({
      kind: 'operation',
      id,
      view: 'tree',
      offset: 0,
      follow: false,
      search: '',
      typing: false,
      from: paneOf(mode),
      back: mode.kind === 'operations' ? 'operations' : 'fleet',
    });
  }

  say(text: string, tone: 'muted' | 'ok' | 'attention' | 'danger'): void {
    this.#store.dispatch({ type: 'notice', notice: { text, tone } });
  }

  /** Answer a key; the next key takes the answer away. */
  answer(text: string, tone: 'muted' | 'attention'): void {
    this.#store.dispatch({ type: 'notice', notice: { text, tone, passing: true } });
  }

  /** What answered the last key has been seen. */
  pass(): void {
    if (this.#store.get().notice?.passing === true)
      this.#store.dispatch({ type: 'notice', notice: undefined });
  }

  async ask(what: string, ask: () => Promise<Asked>): Promise<void> {
    this.say(`${what}…`, 'muted');
    const answer = await ask();
    if ('problem' in answer) this.say(answer.problem, 'danger');
    else if ('said' in answer) this.say(answer.said, 'ok');
    else this.say(`operation ${answer.operation}: ${what}`, 'ok');
  }

  #show(mode: Mode): void {
    this.#store.dispatch({ type: 'mode', mode });
  }

  /** Where there is nowhere to go, that is said: a key that does nothing could also not have come through. */
  #move(by: number | 'first' | 'last'): void {
    const { dispatch, get } = this.#store;
    const before = get();
    dispatch({ type: 'move', by });
    if (get() === before) this.answer(endText(before, by), 'muted');
  }

  /** Into a mode, or out of it by the same key. */
  #toggle(kind: Mode['kind'], mode: Mode): void {
    const { mode: now } = this.#store.get();
    this.#show(now.kind === kind ? backFrom(now) : mode);
  }

  #backup(users: readonly string[]): void {
    void this.ask(`backup of ${namesText(users)}`, () => this.#effects.backup(users));
    this.#store.dispatch({ type: 'unmark' });
  }

  #probe(users: readonly string[]): void {
    void this.ask(`probe of ${namesText(users)}`, () => this.#effects.probe(users));
    this.#store.dispatch({ type: 'unmark' });
  }

  #restore(): void {
    const { dispatch, get } = this.#store;
    const { selected: user, mode } = get();
    if (user === undefined) return;
    this.#show({ kind: 'pick', user, at: 0, key: undefined, comparison: undefined, from: paneOf(mode) });
    void this.#effects.compare(user).then((comparison) => dispatch({ type: 'comparison', comparison }));
  }

  /** Ask when; the plan comes after. */
  #later(kind: Later['kind']): void {
    const { mode } = this.#store.get();
    const version = mode.kind === 'versions' ? offeredIn(mode)[mode.at] : undefined;
    const what: Later | undefined =
      kind === 'backup' ? { kind } : version === undefined ? undefined : { kind, version };
    if (what !== undefined) this.#show({ kind: 'when', what, typed: '', from: paneOf(mode) });
  }

  #tab(to: DetailTab | 1 | -1): void {
    const { mode } = this.#store.get();
    if (mode.kind !== 'detail') return;
    const now = detailTabs.indexOf(mode.tab ?? 'overview');
    const tab =
      typeof to === 'string'
        ? to
        : (detailTabs[(now + to + detailTabs.length) % detailTabs.length] ?? 'overview');
    this.#show({ ...mode, tab, offset: tab === 'log' ? atTheEnd : 0 });
  }

  /** Out of a mode; in the fleet, out of the operation's pane, then away with the marks, then out of the filter. */
  #back(): void {
    const { dispatch, get } = this.#store;
    const { mode, filter, marked, result } = get();
    if (mode.kind !== 'fleet') return this.#show(backFrom(mode));
    if (result !== undefined) return dispatch({ type: 'read', operation: result.operation.id });
    if (mode.pane === 'instance' && marked.length > 0) return dispatch({ type: 'unmark' });
    if (mode.pane === 'instance' && filter !== '') return dispatch({ type: 'filter', filter: '' });
    if (mode.pane === 'instance') return this.answer('this is the fleet already; q leaves', 'muted');
    this.#show({ kind: 'fleet', pane: 'instance' });
  }

  async #stop(operation: number | undefined): Promise<void> {
    if (operation === undefined) return;
    this.say('asking it to stop…', 'muted');
    this.say(await this.#effects.stop(operation), 'attention');
  }
}

/** The order of the rows, in words. */
const sortTexts: Readonly<Record<Sort, string>> = {
  map: 'as the user map has them',
  name: 'by name',
  attention: 'by what needs attention',
  backup: 'by the age of their backup',
  size: 'by the size of their database',
  activity: 'by their activity',
};

/** Why nothing has moved. */
function endText(state: CockpitState, by: number | 'first' | 'last'): string {
  const { mode } = state;
  const body = mode.kind === 'operation' && mode.view === 'tree' ? undefined : bodyOf(state);
  if (body !== undefined && body.length <= bodyHeight(state)) return 'all of it is on the screen';
  return `that is the ${by === 'first' || (typeof by === 'number' && by < 0) ? 'first' : 'last'}${body === undefined ? '' : ' line'}`;
}

/** Where a mode leads back to. */
function backFrom(mode: Mode): Mode {
  if ((mode.kind === 'help' || mode.kind === 'command') && mode.of !== undefined) return mode.of;
  const from = paneOf(mode);
  if (mode.kind === 'operation' && mode.search !== '') return { ...mode, search: '', typing: false };
  return mode.kind === 'operation' && mode.back === 'operations'
    ? { kind: 'operations', at: 0, key: String(mode.id), from }
    : { kind: 'fleet', pane: from };
}

const namesText = (users: readonly string[]) =>
  users.length === 0 ? 'everyone' : users.length <= 3 ? users.join(', ') : `${users.length} users`;
