import { operationRuns, type CockpitState } from './state.ts';

/** What a key asks for. Intents that only look are answered by the reducer; the others by effects. */
export type Intent =
  | { type: 'move'; by: number | 'first' | 'last' }
  | { type: 'page'; direction: 1 | -1 }
  | { type: 'help' }
  | { type: 'pane' }
  | { type: 'back' }
  | { type: 'backup'; everybody: boolean }
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
  /** The same key many times in one read (`jjj`, a held arrow) counts as often; all others count alone or not at all. */
  repeats?: true;
  /** In which modes; everywhere when absent. */
  modes?: readonly CockpitState['mode']['kind'][];
  /** Leave it out of the footer. */
  quiet?: true;
  /** Why it cannot work now; shown instead of acting. The guards are elsewhere: this is only courtesy. */
  disabled?: (state: CockpitState) => string | undefined;
}

function cannotChange(state: CockpitState): string | undefined {
  if (state.config.readOnly) return 'read-only mode';
  if (state.journalProblem !== undefined) return `journal: ${state.journalProblem}`;
  if (operationRuns(state)) return `operation ${state.operation?.operation.id ?? ''} is running`;
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
    label: 'back up user',
    help: 'Back up the selected user.',
    intent: { type: 'backup', everybody: false },
    modes: ['fleet'],
    disabled: (state) =>
      cannotChange(state) ?? (state.selected === undefined ? 'nobody is selected' : undefined),
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
    keys: ['o'],
    label: 'operation',
    help: 'Show the operation, or the selected user, in the lower pane.',
    intent: { type: 'pane' },
    modes: ['fleet'],
    disabled: (state) =>
      state.operation === undefined ? 'no operation has run since the cockpit was opened' : undefined,
  },
  { keys: ['?'], label: 'help', help: 'Show or leave this help.', intent: { type: 'help' } },
  {
    keys: ['q', 'ctrl-c'],
    label: 'quit',
    help: 'Leave. A running operation goes on.',
    intent: { type: 'quit' },
  },
  {
    keys: ['j', 'down'],
    label: 'down',
    help: 'Next row, or line.',
    intent: { type: 'move', by: 1 },
    repeats: true,
    quiet: true,
  },
  {
    keys: ['k', 'up'],
    label: 'up',
    help: 'Previous row, or line.',
    intent: { type: 'move', by: -1 },
    repeats: true,
    quiet: true,
  },
  {
    keys: ['g', 'home'],
    label: 'first',
    help: 'First row, or line.',
    intent: { type: 'move', by: 'first' },
    repeats: true,
    quiet: true,
  },
  {
    keys: ['G', 'end'],
    label: 'last',
    help: 'Last row, or line.',
    intent: { type: 'move', by: 'last' },
    repeats: true,
    quiet: true,
  },
  {
    keys: ['ctrl-d', 'pagedown'],
    label: 'page down',
    help: 'Half a page down.',
    intent: { type: 'page', direction: 1 },
    repeats: true,
    quiet: true,
  },
  {
    keys: ['ctrl-u', 'pageup'],
    label: 'page up',
    help: 'Half a page up.',
    intent: { type: 'page', direction: -1 },
    repeats: true,
    quiet: true,
  },
  {
    keys: ['escape'],
    label: 'back',
    help: 'Back to the fleet and the selected user. Never destroys anything.',
    intent: { type: 'back' },
    quiet: true,
  },
  {
    keys: ['ctrl-l'],
    label: 'redraw',
    help: 'Draw the whole screen again.',
    intent: { type: 'redraw' },
    quiet: true,
  },
];

/** The binding of a key in this state. */
export function bindingOf(key: string, state: CockpitState): Binding | undefined {
  return keymap.find(
    (binding) => binding.keys.includes(key) && (binding.modes?.includes(state.mode.kind) ?? true),
  );
}
