import { stringify } from 'yaml';
import { z } from 'zod';
import { variableName } from '../src/config/overrides.ts';
import { configSchema } from '../src/config/schema.ts';

interface Described {
  description?: string;
  properties?: Record<string, Described>;
  default?: unknown;
  enum?: readonly unknown[];
  const?: unknown;
  type?: string;
  minimum?: number;
  maximum?: number;
  items?: Described;
}

/** docs/configuration.md, made from the schema: every key with its meaning, default and variable. */
export function configurationDocument(): string {
  const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as Described;
  const entries = Object.entries(schema.properties ?? {});
  const single = entries.filter(([, { properties }]) => properties === undefined);
  const sections = entries.filter(([, { properties }]) => properties !== undefined);
  return `# Configuration

Generated from the schema (\`src/config/schema.ts\`) by \`npm run docs\`.

The defaults are the layout of [host.md](host.md): a host that is like it needs no configuration. One that differs says so in \`/etc/t3-cockpit/config.yaml\`, or in the file of \`--config FILE\` or \`T3_COCKPIT_CONFIG\`. Over the file go variables (\`T3_COCKPIT_SNAPSHOTS_LATE=30h\`), over them \`--set snapshots.late=30h\`; both take what the file would have there, as YAML. An unknown key is an error, with its line: a misspelt limit is none. \`t3-cockpit config check\` says what is wrong, \`config show\` what is used, \`config schema\` is this page for editors, and \`doctor\` says where the host is not as configured.

Durations carry their unit (\`30s\`, \`5m\`, \`26h\`, \`7d\`), and so do sizes (\`64kb\`, \`2gb\`; 1024 to the step). In paths \`{user}\`, \`{home}\` and \`{version}\` stand for what they say, where the default has them.

The file may say \`version: 1\`. There has been no other format, so there is nothing to migrate. A later t3-cockpit that gives a key another meaning will call its format 2, and take a file of format 1 as what it meant. This one refuses a file of a format that it does not know, for that alone and with exit code 2, before it looks at anything of the host: use the newer t3-cockpit, or write the file for format 1. A key that is new in a later one is an unknown key here, with its line. The journal has formats of its own: an older one is brought to this one when it is first written to, a newer one is refused, with words.

${table(single.map(([key, described]) => [[key], described]))}
${sections.map(([key, described]) => `## ${key}\n\n${described.description ?? ''}\n\n${table(rows([key], described))}`).join('\n')}`;
}

type Row = readonly [readonly string[], Described];

function rows(path: readonly string[], { properties = {} }: Described): Row[] {
  return Object.entries(properties).flatMap(([key, described]): Row[] =>
    described.properties === undefined ? [[[...path, key], described]] : rows([...path, key], described),
  );
}

function table(of: readonly Row[]): string {
  const lines = of.map(([path, described]) => {
    const about = [described.description ?? '', valuesOf(described)].filter((words) => words !== '');
    return `| \`${path.join('.')}\` | ${about.join(' ')} | ${defaultOf(path, described)} | \`${variableName(path)}\` |`;
  });
  return `| key | | default | variable |\n| --- | --- | --- | --- |\n${lines.join('\n')}\n`;
}

function valuesOf({ enum: choices, minimum, maximum }: Described): string {
  if (choices !== undefined) return `One of ${choices.map((each) => `\`${String(each)}\``).join(', ')}.`;
  const bounded = (value: number | undefined) => value !== undefined && Math.abs(value) < 1e9;
  if (bounded(minimum) && bounded(maximum)) return `From ${minimum} to ${maximum}.`;
  return bounded(minimum) ? `At least ${minimum}.` : '';
}

/** Those that depend on the machine this was generated on are said in words. */
function defaultOf(path: readonly string[], { default: value }: Described): string {
  if (path.join('.') === 'host.name') return 'the machine’s name';
  if (value === undefined) return '';
  if (typeof value === 'object') {
    const text = stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim();
    return `\`${text.replaceAll('|', '\\|')}\``;
  }
  return `\`${String(value)}\``;
}
