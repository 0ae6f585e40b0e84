import type { Effects } from './effects.ts';
import { operationViews, type Mode } from './state.ts';
import type { Store } from './store.ts';
import { layoutOf } from './view-models/layout.ts';
import { hasEvidence, matchesIn } from './view-models/opened.ts';
import { foldable, parentOf, treeIn } from './view-models/opened-tree.ts';

/** Says something to the admin: for good, or until the next key. */
interface Says {
  say(text: string, tone: 'muted' | 'ok' | 'attention' | 'danger'): void;
  answer(text: string, tone: 'muted' | 'attention'): void;
}

/** Carries out what keys ask for of an operation that is looked at wholly. Holds no state of its own. */
export class OpenedOperationKeys {
  readonly #store: Store;
  readonly #effects: Effects;
  readonly #says: Says;

  constructor(store: Store, effects: Effects, says: Says) {
    this.#store = store;
    this.#effects = effects;
    this.#says = says;
  }

  view(view: (typeof operationViews)[number] | 'next'): void {
    const { mode, opened } = this.#store.get();
    if (mode.kind !== 'operation') return;
    const views = operationViews.filter((each) => each !== 'evidence' || hasEvidence(opened));
    const next = views[(views.indexOf(mode.view) + 1) % views.length] ?? 'tree';
    const chosen = view === 'next' ? next : mode.view === view ? 'tree' : view;
    const { row: _, ...rest } = mode;
    this.#show({ ...rest, view: chosen, offset: 0, follow: chosen === 'output' });
  }

  /** Fold or unfold the selected branch of the tree; where it is so already, to the branch above or below. */
  fold(to: boolean | 'other'): void {
    const state = this.#store.get();
    const { mode, opened } = state;
    if (mode.kind !== 'operation' || opened === undefined) return;
    const { rows, at, isFolded } = treeIn(state, mode);
    const branch = rows[at]?.branch;
    if (branch === undefined) return;
    const { key } = branch;
    const now = isFolded(branch);
    if (branch.branches.length > 0 && to !== now)
      return this.#show({ ...mode, row: key, folds: { ...mode.folds, [key]: to === 'other' ? !now : to } });
    const next = to === true ? parentOf(opened, key) : to === false ? branch.branches[0]?.key : undefined;
    if (next !== undefined) return this.#show({ ...mode, row: next });
    this.#says.answer(to === true ? 'there is nothing above it' : 'there is nothing below it', 'muted');
  }

  foldAll(to: boolean): void {
    const state = this.#store.get();
    const { mode, opened } = state;
    if (mode.kind !== 'operation' || opened === undefined) return;
    const { rows, at } = treeIn(state, mode);
    const row = mode.row ?? rows[at]?.branch.key;
    const folds = Object.fromEntries(foldable(opened).map((key) => [key, to]));
    this.#show({ ...mode, folds, ...(row === undefined ? {} : { row }) });
    this.#says.answer(to ? 'all of it is folded' : 'all of it is unfolded', 'muted');
  }

  /** Words are typed from now on, and looked for in what it says. */
  search(): void {
    const { mode } = this.#store.get();
    if (mode.kind === 'operation')
      this.#show({ ...mode, view: 'output', typing: true, search: '', offset: 0, follow: true });
  }

  /** To the next place with what is looked for, or the one before. */
  match(direction: 1 | -1): void {
    const state = this.#store.get();
    const { mode } = state;
    if (mode.kind !== 'operation') return;
    const { wide, right, columns } = layoutOf(state);
    const places = matchesIn(state, mode, wide ? right : columns);
    if (places.length === 0) return this.#says.answer(`nothing has "${mode.search}"`, 'attention');
    const at = mode.follow ? Number.POSITIVE_INFINITY : mode.offset;
    const next =
      direction === 1
        ? (places.find((place) => place > at) ?? places[0])
        : (places.findLast((place) => place < at) ?? places.at(-1));
    this.#show({ ...mode, view: 'output', offset: next ?? 0, follow: false });
    this.#says.answer(
      `place ${places.indexOf(next ?? 0) + 1} of ${places.length} with "${mode.search}"`,
      'muted',
    );
  }

  save(): void {
    const { mode } = this.#store.get();
    if (mode.kind !== 'operation') return;
    this.#says.say('writing…', 'muted');
    void this.#effects.saveReport(mode.id).then((answer) => {
      if (!('file' in answer)) this.#says.say(answer.problem, 'danger');
      else if (answer.unpruned === undefined) this.#says.say(`written to ${answer.file}`, 'ok');
      else
        this.#says.say(
          `written to ${answer.file}; older ones are still there: ${answer.unpruned}`,
          'attention',
        );
    });
  }

  #show(mode: Mode): void {
    this.#store.dispatch({ type: 'mode', mode });
  }
}
