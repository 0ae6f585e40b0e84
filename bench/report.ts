import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { amount, limitText, spreadText, type Figure } from './figures.ts';

/** The format of docs/bench.json. */
const schema = 2;

/** Where something was measured. */
interface Machine {
  processor: string;
  cores: number;
  memory: string;
  system: string;
  kernel: string;
  node: string;
}

/** One bench as it was last run: what was found, where, when, and what else the machine was doing. */
export interface Part {
  figures: readonly Figure[];
  machine: Machine;
  at: string;
  /** The load average of one minute, before and after. */
  load: readonly [number, number];
  /** How long it took, milliseconds. */
  took: number;
}

export interface Report {
  schema: typeof schema;
  parts: Record<string, Part>;
}

export const loadNow = (): number => Number((os.loadavg()[0] ?? Number.NaN).toFixed(2));

export function machineNow(): Machine {
  const [cpu] = os.cpus();
  return {
    processor: cpu?.model ?? 'unknown',
    cores: os.cpus().length,
    memory: `${Math.round(os.totalmem() / 1024 ** 3)} GB`,
    system: systemName(),
    kernel: os.release(),
    node: process.version,
  };
}

function systemName(): string {
  try {
    return /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux';
  } catch {
    return 'Linux';
  }
}

/**
 * What was measured now, over what an earlier run has measured: benches that were not run keep their part. Written as a
 * document, and as a page that is made of it.
 *
 * @param order The names of all benches, as they are to follow each other.
 */
export function writeReport(
  folder: string,
  measured: Readonly<Record<string, Part>>,
  order: readonly string[],
): void {
  const report = merged(earlier(path.join(folder, 'bench.json')), measured, order);
  writeFileSync(path.join(folder, 'bench.json'), `${JSON.stringify(report, undefined, 2)}\n`);
  writeFileSync(path.join(folder, 'bench.md'), reportText(report));
}

export function merged(
  before: Report | undefined,
  measured: Readonly<Record<string, Part>>,
  order: readonly string[],
): Report {
  const all = { ...before?.parts, ...measured };
  const parts = order.flatMap((name) => {
    const part = all[name];
    return part === undefined ? [] : [[name, part] as const];
  });
  return { schema, parts: Object.fromEntries(parts) };
}

/** What was measured before; nothing where that was written in another format. */
function earlier(file: string): Report | undefined {
  if (!existsSync(file)) return undefined;
  const found = JSON.parse(readFileSync(file, 'utf8')) as Report;
  return found.schema === schema ? found : undefined;
}

export function reportText({ parts }: Report): string {
  const machines = [...new Set(Object.values(parts).map(({ machine }) => machineText(machine)))];
  const [only] = machines;
  const tables = Object.entries(parts).map(
    ([name, part]) =>
      `## ${name}\n\n${machines.length > 1 ? `${machineText(part.machine)}; ` : ''}${circumstances(part)}\n\n` +
      `| what | median | spread | limit |\n| --- | --- | --- | --- |\n${part.figures.map(rowText).join('\n')}\n`,
  );
  return `# Measurements

Made by \`npm run bench -- --report\`; what each means, and why it is what it is, stands in [bench/README.md](../bench/README.md). Ratios compare what was measured in turn in one run; absolute times belong to this machine on this day. With a load of more than its cores the machine had other work, and absolute times are upper bounds. The spread is from the least to the most, with the number of measurements in parentheses. The same as numbers: [bench.json](bench.json).

${machines.length === 1 ? `${only ?? ''}.\n\n` : ''}${tables.join('\n')}`;
}

const machineText = ({ processor, cores, memory, system, kernel, node }: Machine): string =>
  `${processor}, ${cores} cores, ${memory}, ${system}, Linux ${kernel}, Node ${node}`;

const circumstances = ({ at, load, took }: Part): string =>
  `${at.slice(0, 16).replace('T', ' ')} UTC, in ${(took / 1000).toFixed(0)} s; load ${load[0]} before, ${load[1]} after.`;

function rowText(figure: Figure): string {
  const cells =
    'words' in figure
      ? [figure.what, figure.words, '', '']
      : [figure.what, amount(figure.median, figure.unit), spreadText(figure), limitText(figure)];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** A figure in one line of a terminal. */
export function lineText(figure: Figure): string {
  if ('words' in figure) return `${figure.what.padEnd(64)} ${figure.words}`;
  const parts = [amount(figure.median, figure.unit), spreadText(figure), limitText(figure)];
  return `${figure.what.padEnd(64)} ${parts.filter((part) => part !== '').join('; ')}`;
}
