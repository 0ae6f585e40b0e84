import type { Binding } from '../intents.ts';

/** The keys that choose what is looked at. */
export const lookingKeys: readonly Binding[] = [
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
    keys: ['!'],
    label: 'findings',
    help: 'Everything that wants you now, the gravest first; each selects its user, and its key helps.',
    intent: { type: 'findings' },
    looks: true,
    modes: ['fleet', 'findings'],
    quiet: ['findings'],
  },
  {
    keys: ['enter'],
    label: 'go to row',
    help: 'Back to the fleet, at the row that the finding is about.',
    intent: { type: 'row' },
    looks: true,
    modes: ['findings'],
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
    keys: ['tab'],
    label: 'pane',
    help: 'Show the operation, or the selected user, in the lower pane.',
    intent: { type: 'pane' },
    looks: true,
    modes: ['fleet'],
    disabled: (state) =>
      state.operation === undefined ? 'no operation has run since the cockpit was opened' : undefined,
  },
];
