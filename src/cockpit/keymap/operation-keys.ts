import { cannotChange, listedOperation, nothingToDecide } from '../courtesy.ts';
import type { Binding } from '../intents.ts';
import { operationRuns } from '../state.ts';

/** The keys that are about operations. */
export const operationKeys: readonly Binding[] = [
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
    keys: ['c'],
    label: 'clear up',
    help: 'Clear up after an operation that was cut off. The next operation does so, too.',
    intent: { type: 'recover' },
    quiet: true,
    disabled: (state) => (state.cutOff.length === 0 ? 'nothing was cut off' : cannotChange(state)),
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
];
