import type { Binding } from '../intents.ts';

/** What is no letter while a filter is typed (`Controller`). */
export const promptKeys: readonly Pick<Binding, 'keys' | 'label' | 'help'>[] = [
  { keys: ['enter'], label: 'keep', help: 'Keep the filter.' },
  { keys: ['escape', 'ctrl-c'], label: 'take back', help: 'Back to the rows, and the row, from before.' },
  { keys: ['ctrl-u'], label: 'empty', help: 'Take all of it away; backspace: the last letter.' },
  { keys: ['down', 'up'], label: 'select', help: 'Move among the rows that are left.' },
];
