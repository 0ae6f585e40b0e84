import type { CockpitState, DetailTab, OperationView } from './state.ts';

/** What a key asks for. Intents that only look are answered by the reducer; the others by effects. */
export type Intent =
  | { type: 'move'; by: number | 'first' | 'last' }
  | { type: 'page'; direction: 1 | -1 }
  | { type: 'help' }
  | { type: 'command' }
  /** What the selected user's unit says. */
  | { type: 'log' }
  | { type: 'tab'; to: DetailTab | 1 | -1 }
  | { type: 'mark' }
  | { type: 'mark all' }
  | { type: 'pane' }
  | { type: 'back' }
  | { type: 'backup'; everybody: boolean }
  | { type: 'probe'; everybody: boolean }
  | { type: 'verify' }
  | { type: 'recover' }
  | { type: 'restore' }
  | { type: 'choose' }
  | { type: 'read' }
  | { type: 'restart' }
  | { type: 'drain' }
  | { type: 'bump' }
  | { type: 'take back' }
  | { type: 'choose version' }
  | { type: 'freeze' }
  | { type: 'operations' }
  | { type: 'schedules' }
  /** Agree now to what is done later. */
  | { type: 'later'; what: 'bump' | 'backup' }
  | { type: 'cancel schedule' }
  | { type: 'doctor' }
  | { type: 'prune' }
  /** Judge the selected version. */
  | { type: 'try' }
  /** Protect the selected snapshot, or not any more. */
  | { type: 'protect' }
  | { type: 'abandon' }
  | { type: 'undo' }
  | { type: 'resume' }
  | { type: 'rollback' }
  | { type: 'filter' }
  | { type: 'sort' }
  | { type: 'findings' }
  | { type: 'happened' }
  /** The selected operation, or the one of the pane, wholly. */
  | { type: 'open operation' }
  | { type: 'operation view'; view: OperationView | 'next' }
  /** Of the tree: hide what is below the selected branch, show it, or whichever it is not. */
  | { type: 'fold'; to: boolean | 'other' }
  | { type: 'fold all'; to: boolean }
  | { type: 'search' }
  | { type: 'match'; direction: 1 | -1 }
  | { type: 'save report' }
  | { type: 'row' }
  | { type: 'palette colours' }
  | { type: 'detail' }
  | { type: 'stop' }
  | { type: 'redraw' }
  | { type: 'suspend' }
  | { type: 'quit' };

export interface Binding {
  /** Names as `keyName` makes them. The first is the one shown. */
  keys: readonly string[];
  /** In the footer: a word or two. */
  label: string;
  /** In the help: a sentence. */
  help: string;
  intent: Intent;
  /** It only looks: among several keys of one read (`jjj`, a held arrow) it counts; all others count alone or not at all. */
  looks?: true;
  /** Taken also where the terminal is too small to show anything. */
  blind?: true;
  /** In which modes; everywhere when absent. */
  modes?: readonly CockpitState['mode']['kind'][];
  /** Leave it out of the footer, everywhere or in these modes. */
  quiet?: true | readonly CockpitState['mode']['kind'][];
  /** In the footer even where there is room for hardly anything. */
  always?: true;
  /** Why it cannot work now; shown instead of acting. The guards are elsewhere: this is only courtesy. */
  disabled?: (state: CockpitState) => string | undefined;
}
