import { cannotChange, listedOperation, nothingToDecide } from '../courtesy.ts';
import type { Binding } from '../intents.ts';
import { operationRuns, type CockpitState } from '../state.ts';
import { hasEvidence } from '../view-models/opened.ts';

/** The keys that are about operations. */
export const operationKeys: readonly Binding[] = [
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
    keys: ['enter'],
    label: 'open',
    help: 'The selected operation wholly: the tree of its steps, all that it says, and what the gate has seen.',
    intent: { type: 'open operation' },
    looks: true,
    modes: ['operations'],
    disabled: (state) => (listedOperation(state) === undefined ? 'no operation is selected' : undefined),
  },
  {
    keys: ['O'],
    label: 'open operation',
    help: 'The operation that runs, or ran last, wholly: tree, output, the gate’s evidence.',
    intent: { type: 'open operation' },
    looks: true,
    modes: ['fleet', 'findings'],
    quiet: true,
    disabled: (state) =>
      (state.operation ?? state.operations[0]) === undefined
        ? 'no operation has run since the cockpit was opened: o lists the others'
        : undefined,
  },
  {
    keys: ['tab'],
    label: 'tree/output',
    help: 'The tree of its steps, what it says, what the gate has seen; one after the other.',
    intent: { type: 'operation view', view: 'next' },
    looks: true,
    modes: ['operation'],
  },
  {
    keys: ['e'],
    label: 'evidence',
    help: 'What the gate has seen of the version, trial by trial.',
    intent: { type: 'operation view', view: 'evidence' },
    looks: true,
    modes: ['operation'],
    disabled: (state) => (hasEvidence(state.opened) ? undefined : 'it did not go through the gate'),
  },
  {
    keys: ['/'],
    label: 'search',
    help: 'Look for words in all that it has said. Enter keeps them, escape takes them back.',
    intent: { type: 'search' },
    looks: true,
    modes: ['operation'],
  },
  {
    keys: ['n'],
    label: 'next',
    help: 'The next place with the words that are looked for.',
    intent: { type: 'match', direction: 1 },
    looks: true,
    modes: ['operation'],
    quiet: true,
    disabled: nothingSought,
  },
  {
    keys: ['N'],
    label: 'previous',
    help: 'The previous place with the words that are looked for.',
    intent: { type: 'match', direction: -1 },
    looks: true,
    modes: ['operation'],
    quiet: true,
    disabled: nothingSought,
  },
  {
    keys: ['W'],
    label: 'save',
    help: 'Write all of it to a file beside the journal, as plain text for a post-mortem.',
    intent: { type: 'save report' },
    modes: ['operation'],
    disabled: (state) =>
      state.config.readOnly ? 'read-only mode: t3-cockpit operations ID --report prints it' : undefined,
  },
  {
    keys: ['x'],
    label: 'stop',
    help: 'Ask the running operation to stop at its next safe point.',
    intent: { type: 'stop' },
    modes: ['fleet', 'findings', 'operation'],
    disabled: (state) => {
      if (!operationRuns(state)) return 'no operation is running';
      if (state.config.readOnly) return 'read-only mode';
      return state.operation?.operation.stopRequestedAt === undefined
        ? undefined
        : 'it was asked to stop already';
    },
  },
  {
    keys: ['enter'],
    label: 'fold',
    help: 'Hide what is below the selected branch of the tree, or show it. Where not all has room, what is done or waits is folded.',
    intent: { type: 'fold', to: 'other' },
    looks: true,
    modes: ['operation'],
    disabled: noTree,
  },
  {
    keys: ['left'],
    label: 'fold',
    help: 'Hide what is below the selected branch; again: up to the branch that it is part of.',
    intent: { type: 'fold', to: true },
    looks: true,
    modes: ['operation'],
    quiet: true,
    disabled: noTree,
  },
  {
    keys: ['right'],
    label: 'unfold',
    help: 'Show what is below the selected branch; again: down into it.',
    intent: { type: 'fold', to: false },
    looks: true,
    modes: ['operation'],
    quiet: true,
    disabled: noTree,
  },
  {
    keys: ['-'],
    label: 'fold all',
    help: 'Fold the whole tree.',
    intent: { type: 'fold all', to: true },
    looks: true,
    modes: ['operation'],
    quiet: true,
    disabled: noTree,
  },
  {
    keys: ['+', '='],
    label: 'unfold all',
    help: 'Unfold the whole tree.',
    intent: { type: 'fold all', to: false },
    looks: true,
    modes: ['operation'],
    quiet: true,
    disabled: noTree,
  },
  {
    keys: ['u'],
    label: 'undo',
    help: 'Undo the selected restore: put back what it replaced, unless work has been done since.',
    intent: { type: 'undo' },
    modes: ['operations', 'operation'],
    quiet: ['operation'],
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
    modes: ['operations', 'operation'],
    quiet: ['operation'],
    disabled: nothingToDecide,
  },
  {
    keys: ['w'],
    label: 'roll back',
    help: 'Take the selected operation, which was cut off, back to where it began.',
    intent: { type: 'rollback' },
    modes: ['operations', 'operation'],
    quiet: ['operation'],
    disabled: nothingToDecide,
  },
  {
    keys: ['a'],
    label: 'abandon',
    help: 'Leave the selected operation, which was cut off, as it stands: what was changed stays changed, what was not stays as it was.',
    intent: { type: 'abandon' },
    modes: ['operations', 'operation'],
    quiet: true,
    disabled: nothingToDecide,
  },
  {
    keys: ['c'],
    label: 'clear up',
    help: 'Clear up after an operation that was cut off, where nothing is to be decided. The next operation does so, too.',
    intent: { type: 'recover' },
    quiet: true,
    disabled: (state) => nothingToClear(state) ?? cannotChange(state),
  },
];

/** One that is to be decided about is in the way of all others, as it is for whoever clears up (operations/run/recovery.ts). */
function nothingToClear({ cutOff }: CockpitState): string | undefined {
  if (cutOff.length === 0) return 'nothing was cut off';
  const open = cutOff.find(({ undecided }) => undecided);
  return (
    open && `operation ${open.operation.id} is to be decided about: o, then on it m resumes, w rolls back`
  );
}

function noTree({ mode, opened }: CockpitState): string | undefined {
  if (mode.kind !== 'operation' || mode.view !== 'tree') return 'the keys are not for the tree now: tab';
  return opened === undefined ? 'it is still being read' : undefined;
}

function nothingSought({ mode }: CockpitState): string | undefined {
  return mode.kind === 'operation' && mode.search !== '' ? undefined : 'nothing is looked for: /';
}
