import { automatic } from '../journal/records.ts';
import { operationRuns, type CockpitState } from './state.ts';

/** What a key asks for. Intents that only look are answered by the reducer; the others by effects. */
export type Intent =
  | { type: 'move'; by: number | 'first' | 'last' }
  | { type: 'page'; direction: 1 | -1 }
  | { type: 'help' }
  | { type: 'pane' }
  | { type: 'back' }
  | { type: 'backup'; everybody: boolean }
  | { type: 'probe'; everybody: boolean }
  | { type: 'verify' }
  | { type: 'recover' }
  | { type: 'filter' }
  | { type: 'sort' }
  | { type: 'detail' }
  | { type: 'stop' }
  | { type: 'redraw' }
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
  /** In which modes; everywhere when absent. */
  modes?: readonly CockpitState['mode']['kind'][];
  /** Leave it out of the footer, everywhere or in these modes. */
  quiet?: true | readonly CockpitState['mode']['kind'][];
  /** In the footer even where there is room for hardly anything. */
  always?: true;
  /** Why it cannot work now; shown instead of acting. The guards are elsewhere: this is only courtesy. */
  disabled?: (state: CockpitState) => string | undefined;
}

/** Why nothing can be changed now, if so. Courtesy: the guards are elsewhere. */
export function cannotChange(state: CockpitState): string | undefined {
  if (state.config.readOnly) return 'read-only mode';
  if (state.journalProblem !== undefined) return `journal: ${state.journalProblem}`;
  // One that nobody asked for makes way.
  if (operationRuns(state) && state.operation?.operation.actor.surface !== automatic)
    return `operation ${state.operation?.operation.id ?? ''} is running`;
  return state.fleet.userMap.kind === 'known' ? undefined : 'the user map has not been read';
}

/** Every key of the cockpit. The footer, the help and docs/keys.md are made from it. */
export const keymap: readonly Binding[] = [
  {
    keys: ['b'],
    label: 'back up all',
    help: 'Back up everyone: a verified online snapshot of every state database. Stops nothing; starts at once.',
    intent: { type: 'backup', everybody: true },
    modes: ['fleet'],
    disabled: cannotChange,
  },
  {
    keys: ['B'],
    label: 'back up',
    help: 'Back up the selected user.',
    intent: { type: 'backup', everybody: false },
    modes: ['fleet'],
    disabled: (state) =>
      cannotChange(state) ?? (state.selected === undefined ? 'nobody is selected' : undefined),
  },
  {
    keys: ['p'],
    label: 'probe',
    help: 'Probe the selected user: the pairing handshake by every route and name. Writes pairing rows into their database, and revokes them.',
    intent: { type: 'probe', everybody: false },
    modes: ['fleet', 'detail'],
    disabled: (state) =>
      cannotChange(state) ?? (state.selected === undefined ? 'nobody is selected' : undefined),
  },
  {
    keys: ['P'],
    label: 'probe all',
    help: 'Probe everyone, as p does the selected user.',
    intent: { type: 'probe', everybody: true },
    modes: ['fleet'],
    quiet: true,
    disabled: cannotChange,
  },
  {
    keys: ['v'],
    label: 'verify',
    help: 'Probe everyone, as P does, and hold what is found against what is expected.',
    intent: { type: 'verify' },
    modes: ['fleet', 'report'],
    disabled: cannotChange,
  },
  {
    keys: ['c'],
    label: 'clear up',
    help: 'Clear up after an operation that was cut off. The next operation does so, too.',
    intent: { type: 'recover' },
    quiet: true,
    disabled: (state) => (state.cutOff.length === 0 ? 'nothing was cut off' : cannotChange(state)),
  },
  {
    keys: ['enter'],
    label: 'detail',
    help: 'Everything about the selected user; again, or escape: back.',
    intent: { type: 'detail' },
    looks: true,
    modes: ['fleet', 'detail'],
    quiet: ['detail'],
    disabled: (state) => (state.selected === undefined ? 'nobody is selected' : undefined),
  },
  {
    keys: ['/'],
    label: 'filter',
    help: 'Show only rows with these words; !word: without it. Enter keeps it, escape takes it back.',
    intent: { type: 'filter' },
    looks: true,
    modes: ['fleet'],
  },
  {
    keys: ['S'],
    label: 'sort',
    help: 'Sort by name, by what needs attention, backup age, size, activity; and as the user map has it.',
    intent: { type: 'sort' },
    looks: true,
    modes: ['fleet'],
    quiet: true,
  },
  {
    keys: ['o'],
    label: 'operation',
    help: 'Show the operation, or the selected user, in the lower pane.',
    intent: { type: 'pane' },
    looks: true,
    modes: ['fleet'],
    disabled: (state) =>
      state.operation === undefined ? 'no operation has run since the cockpit was opened' : undefined,
  },
  {
    keys: ['x'],
    label: 'stop',
    help: 'Ask the running operation to stop at its next safe point.',
    intent: { type: 'stop' },
    modes: ['fleet'],
    disabled: (state) => {
      if (!operationRuns(state)) return 'no operation is running';
      if (state.config.readOnly) return 'read-only mode';
      return state.operation?.operation.stopRequestedAt === undefined
        ? undefined
        : 'it was asked to stop already';
    },
  },
  {
    keys: ['?'],
    label: 'help',
    help: 'Show or leave this help.',
    intent: { type: 'help' },
    looks: true,
    always: true,
  },
  {
    keys: ['q', 'ctrl-c'],
    label: 'quit',
    help: 'Leave. A running operation goes on.',
    intent: { type: 'quit' },
    always: true,
  },
  {
    keys: ['j', 'down'],
    label: 'down',
    help: 'Next row, or line.',
    intent: { type: 'move', by: 1 },
    looks: true,
    quiet: ['fleet'],
  },
  {
    keys: ['k', 'up'],
    label: 'up',
    help: 'Previous row, or line.',
    intent: { type: 'move', by: -1 },
    looks: true,
    quiet: ['fleet'],
  },
  {
    keys: ['g', 'home'],
    label: 'first',
    help: 'First row, or line.',
    intent: { type: 'move', by: 'first' },
    looks: true,
    quiet: true,
  },
  {
    keys: ['G', 'end'],
    label: 'last',
    help: 'Last row, or line.',
    intent: { type: 'move', by: 'last' },
    looks: true,
    quiet: true,
  },
  {
    keys: ['ctrl-d', 'pagedown'],
    label: 'page down',
    help: 'Half a page down.',
    intent: { type: 'page', direction: 1 },
    looks: true,
    quiet: true,
  },
  {
    keys: ['ctrl-u', 'pageup'],
    label: 'page up',
    help: 'Half a page up.',
    intent: { type: 'page', direction: -1 },
    looks: true,
    quiet: true,
  },
  {
    keys: ['escape'],
    label: 'back',
    help: 'Back to the fleet and the selected user; then without the filter. Never destroys anything.',
    intent: { type: 'back' },
    looks: true,
    quiet: ['fleet'],
  },
  {
    keys: ['ctrl-l'],
    label: 'redraw',
    help: 'Draw the whole screen again.',
    intent: { type: 'redraw' },
    quiet: true,
  },
];

/** What is no letter while a filter is typed (`Controller`). */
export const promptKeys: readonly Pick<Binding, 'keys' | 'label' | 'help'>[] = [
  { keys: ['enter'], label: 'keep', help: 'Keep the filter.' },
  { keys: ['escape', 'ctrl-c'], label: 'take back', help: 'Back to the rows, and the row, from before.' },
  { keys: ['ctrl-u'], label: 'empty', help: 'Take all of it away; backspace: the last letter.' },
  { keys: ['down', 'up'], label: 'select', help: 'Move among the rows that are left.' },
];

/** The binding of a key in this state. */
export function bindingOf(key: string, state: CockpitState): Binding | undefined {
  return keymap.find(
    (binding) => binding.keys.includes(key) && (binding.modes?.includes(state.mode.kind) ?? true),
  );
}
