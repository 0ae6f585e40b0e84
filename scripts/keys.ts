import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { keymap } from '../src/cockpit/keymap.ts';

/** docs/keys.md, made from the keymap; a test fails when the file is not this. */
export function keysDocument(): string {
  const rows = keymap.map(
    ({ keys, label, help }) => `| ${keys.map((key) => `\`${key}\``).join(' ')} | ${label} | ${help} |`,
  );
  return `# Keys

Generated from the keymap (\`src/cockpit/keymap.ts\`) by \`npm run docs\`. A key that cannot work now says why when it is pressed.

| key | | what it does |
| --- | --- | --- |
${rows.join('\n')}

Several keys that arrive at once (typed ahead, or held down) only ever move the selection. Pasted text is never keys.
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(fileURLToPath(new URL('../docs/keys.md', import.meta.url)), keysDocument());
}
