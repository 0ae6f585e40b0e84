import { keymap } from '../src/cockpit/keymap.ts';
import { prompts } from '../src/cockpit/keymap/prompt-keys.ts';

/** docs/keys.md, made from the keymap; a test fails when the file is not this. */
export function keysDocument(): string {
  const table = (bindings: readonly { keys: readonly string[]; label: string; help: string }[]) =>
    `| key | | what it does |
| --- | --- | --- |
${bindings.map(({ keys, label, help }) => `| ${keys.map((key) => `\`${key}\``).join(' ')} | ${label} | ${help} |`).join('\n')}`;
  return `# Keys

Generated from the keymap (\`src/cockpit/keymap.ts\`) by \`npm run docs\`. A key that cannot work now says why when it is pressed.

${table(keymap)}

${prompts.map((prompt) => `${prompt.while} every key is a letter, but for these:\n\n${table(prompt.keys)}`).join('\n\n')}

Several keys that arrive at once (typed ahead, or held down) only ever move the selection. Pasted text is never keys; what is being typed takes it as text, but the word that agrees to a plan does not.
`;
}
