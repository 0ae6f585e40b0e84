import { readFileSync } from 'node:fs';
import os from 'node:os';
import type { Figure } from './figures.ts';

/** What was measured, as a page and as a document, with the machine that it was measured on. */
export function reportText(found: Readonly<Record<string, readonly Figure[]>>): {
  text: string;
  json: string;
} {
  const [cpu] = os.cpus();
  const machine = {
    processor: cpu?.model ?? 'unknown',
    cores: os.cpus().length,
    memory: `${Math.round(os.totalmem() / 1024 ** 3)} GB`,
    system: systemName(),
    kernel: os.release(),
    node: process.version,
    load: os.loadavg().map((each) => Number(each.toFixed(2))),
    at: new Date().toISOString(),
  };
  const tables = Object.entries(found).map(
    ([name, figures]) =>
      `## ${name}\n\n| what | measured |\n| --- | --- |\n${figures.map(({ what, value }) => `| ${what.replaceAll('|', '\\|')} | ${value} |`).join('\n')}\n`,
  );
  const text = `# Measurements

Made by \`npm run bench -- --report\`; what each means is in [bench/README.md](../bench/README.md). Ratios compare things that were measured in turn in one run; absolute times belong to this machine on this day.

${machine.processor}, ${machine.cores} cores, ${machine.memory}, ${machine.system}, Linux ${machine.kernel}, Node ${machine.node}; ${machine.at}. Load averages at the end: ${machine.load.join(', ')}: with more than ${machine.cores} the machine had other work, and absolute times are upper bounds.

${tables.join('\n')}`;
  return { text, json: `${JSON.stringify({ schema: 1, machine, found }, undefined, 2)}\n` };
}

function systemName(): string {
  try {
    return /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux';
  } catch {
    return 'Linux';
  }
}
