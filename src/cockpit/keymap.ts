import { snapshotsOf } from './arrange.ts';
import { cannotChange, cannotChangeOne, listedOperation, nothingToDecide } from './courtesy.ts';
import { operationRuns, type CockpitState } from './state.ts';
import { versionKeys } from './version-keys.ts';

import type { Binding } from './intents.ts';

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
    keys: ['r'],
    label: 'restore',
    help: 'Restore the selected user: choose a snapshot, see what it would replace, and type the name to agree.',
    intent: { type: 'restore' },
    modes: ['fleet', 'detail'],
    disabled: cannotChangeOne,
  },
  {
    keys: ['enter'],
    label: 'plan',
    help: 'Show what restoring this snapshot would do. Nothing is changed yet.',
    intent: { type: 'choose' },
    modes: ['pick'],
    disabled: (state) =>
      state.mode.kind === 'pick' && snapshotsOf(state, state.mode.user).length === 0
        ? 'there are no snapshots'
        : cannotChange(state),
  },
  {
    keys: ['v'],
    label: 'read them',
    help: 'Read all of this user’s snapshots wholly, and have t3 open a copy of each: then it is known what they hold.',
    intent: { type: 'read' },
    modes: ['pick'],
    disabled: cannotChange,
  },
  {
    keys: ['s'],
    label: 'restart',
    help: 'Restart the selected user’s server: snapshot, stop, start, handshake. Shows its plan first; owed to whoever is busy.',
    intent: { type: 'restart' },
    modes: ['fleet', 'detail'],
    disabled: cannotChangeOne,
  },
  {
    keys: ['d'],
    label: 'drain',
    help: 'Restart everybody to whom a restart is owed and who is idle now. Shows its plan first.',
    intent: { type: 'drain' },
    modes: ['fleet'],
    quiet: true,
    disabled: cannotChange,
  },
  ...versionKeys,
  {
    keys: ['u'],
    label: 'undo',
    help: 'Undo the selected restore: put back what it replaced, unless work has been done since.',
    intent: { type: 'undo' },
    modes: ['operations'],
    disabled(state) {
      const listed = listedOperation(state);
      if (
        listed?.steps.some(({ kind, state: ended }) => kind === 'replace' && ended === 'succeeded') !== true
      )
        return 'it replaced no database';
      return cannotChange(state);
    },
  },
  {
    keys: ['m'],
    label: 'resume',
    help: 'Take the selected operation, which was cut off, to its end.',
    intent: { type: 'resume' },
    modes: ['operations'],
    disabled: nothingToDecide,
  },
  {
    keys: ['w'],
    label: 'roll back',
    help: 'Take the selected operation, which was cut off, back to where it began.',
    intent: { type: 'rollback' },
    modes: ['operations'],
    disabled: nothingToDecide,
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
    label: 'operations',
    help: 'The newest operations, with what became of them; undo, resume and roll back from there.',
    intent: { type: 'operations' },
    looks: true,
    modes: ['fleet', 'operations'],
    quiet: ['operations'],
  },
  {
    keys: ['tab'],
    label: 'pane',
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

/** The binding of a key in this state. */
export function bindingOf(key: string, state: CockpitState): Binding | undefined {
  return keymap.find(
    (binding) => binding.keys.includes(key) && (binding.modes?.includes(state.mode.kind) ?? true),
  );
}
