import type { Binding } from '../intents.ts';

export type PromptKey = Pick<Binding, 'keys' | 'label' | 'help'>;

/** What is no letter while a filter is typed (`Controller`). */
export const promptKeys: readonly PromptKey[] = [
  { keys: ['enter'], label: 'keep', help: 'Keep the filter.' },
  { keys: ['escape', 'ctrl-c'], label: 'take back', help: 'Back to the rows, and the row, from before.' },
  { keys: ['ctrl-u'], label: 'empty', help: 'Take all of it away; backspace: the last letter.' },
  { keys: ['down', 'up'], label: 'select', help: 'Move among the rows that are left.' },
];

/** What is no letter while a command is typed. */
export const commandKeys: readonly PromptKey[] = [
  {
    keys: ['enter'],
    label: 'run',
    help: 'Run the selected command. What changes anything shows its plan first.',
  },
  { keys: ['tab'], label: 'complete', help: 'Take the selected command over, to type on.' },
  { keys: ['down', 'up'], label: 'select', help: 'Another one of those that it could become.' },
  { keys: ['escape', 'ctrl-c'], label: 'leave', help: 'Run nothing.' },
];

/** What is no letter while words are looked for in an operation. */
export const searchKeys: readonly PromptKey[] = [
  { keys: ['enter'], label: 'look', help: 'Keep the words; n and N go on to the next place.' },
  { keys: ['escape', 'ctrl-c'], label: 'leave', help: 'Look for nothing.' },
];

/** What is no letter while a time is typed. */
export const whenKeys: readonly PromptKey[] = [
  { keys: ['enter'], label: 'plan', help: 'Show what would be done then. Nothing is agreed to yet.' },
  { keys: ['ctrl-u'], label: 'empty', help: 'Take all of it away; backspace: the last letter.' },
  { keys: ['escape', 'ctrl-c'], label: 'back', help: 'Schedule nothing.' },
];

/** What is no letter while a word is typed that agrees to a plan. */
export const agreeKeys: readonly PromptKey[] = [
  { keys: ['enter'], label: 'agree', help: 'Do it: once the whole word is typed, each key by itself.' },
  { keys: ['escape'], label: 'back', help: 'Nothing is changed.' },
  { keys: ['down', 'up'], label: 'scroll', help: 'More of the plan; pagedown and pageup, home and end.' },
  { keys: ['ctrl-c'], label: 'quit', help: 'Leave; nothing is changed.' },
];

/** Everything that is typed into, with its keys. */
export const prompts: readonly { while: string; keys: readonly PromptKey[] }[] = [
  { while: 'While a filter is typed', keys: promptKeys },
  { while: 'While a command is typed', keys: commandKeys },
  { while: 'While words are looked for', keys: searchKeys },
  { while: 'While a time is typed', keys: whenKeys },
  { while: 'While a plan asks for its word', keys: agreeKeys },
];
