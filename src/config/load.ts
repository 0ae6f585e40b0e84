import { readFileSync } from 'node:fs';
import { LineCounter, isMap, isScalar, parseDocument, type Document, type Node } from 'yaml';
import type { z } from 'zod';
import { ConfigError, type ConfigProblem } from './errors.ts';
import { overridesFromEnvironment, overridesFromFlags, type Override } from './overrides.ts';
import { configSchema, type Config } from './schema.ts';

/** The file that is read when none is named, if it exists. */
export const defaultConfigFile = '/etc/t3-cockpit/config.yaml';

export interface ConfigSources {
  /** `--config`; over `T3_COCKPIT_CONFIG`; over the default file. A file that was named must exist. */
  file?: string | undefined;
  /** `--set key=value`, in order. */
  set?: readonly string[];
  environment?: Readonly<Record<string, string | undefined>>;
}

export interface LoadedConfig {
  config: Config;
  /** The file that was read, if any. */
  file: string | undefined;
}

type Path = readonly (string | number)[];

/**
 * Load the configuration: defaults, then the YAML file, then `T3_COCKPIT_…` variables, then `--set` flags.
 *
 * @throws ConfigError with every problem found, each with file, line, key and what was expected.
 */
export function loadConfig(sources: ConfigSources = {}): LoadedConfig {
  const environment = sources.environment ?? {};
  const named = sources.file ?? environment['T3_COCKPIT_CONFIG'];
  const file = named !== undefined && named !== '' ? named : undefined;
  const source = readSource(file ?? defaultConfigFile, file !== undefined);
  const counter = new LineCounter();
  const document = parseDocument(source?.text ?? '', {
    lineCounter: counter,
    prettyErrors: false,
    uniqueKeys: true,
  });
  const syntax = [...document.errors, ...document.warnings].map((error): ConfigProblem => {
    const { line, col } = counter.linePos(error.pos[0]);
    return { source: source?.file ?? '', line, column: col, key: '', message: error.message };
  });
  if (syntax.length > 0) throw new ConfigError(syntax);

  const problems: ConfigProblem[] = [];
  const overrides = [
    ...overridesFromEnvironment(environment, problems),
    ...overridesFromFlags(sources.set ?? [], problems),
  ];
  if (problems.length > 0) throw new ConfigError(problems);

  const written = asTree(document, source?.file ?? '');
  for (const override of overrides) assign(written, override.path, override.value);
  const parsed = configSchema.safeParse(written);
  if (!parsed.success) {
    const { issues } = parsed.error;
    // In a file of another format every key may mean something else: what is wrong with them is no news.
    const format = issues.filter((issue) => issue.path[0] === 'version');
    throw new ConfigError(
      (format.length > 0 ? format : issues).flatMap((issue) =>
        locate(issue, source?.file ?? '', document, counter, overrides),
      ),
    );
  }
  return { config: parsed.data, file: source?.file };
}

function readSource(file: string, mustExist: boolean): { file: string; text: string } | undefined {
  try {
    return { file, text: readFileSync(file, 'utf8') };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' && !mustExist) return undefined;
    const why =
      code === 'ENOENT'
        ? 'no such file'
        : code === 'EACCES'
          ? 'no permission to read it'
          : String((error as Error).message);
    throw new ConfigError([
      {
        source: file,
        key: '',
        message: `cannot read the configuration: ${why}`,
        ...(code === 'EACCES' ? { denied: true } : {}),
      },
    ]);
  }
}

function asTree(document: Document, file: string): Record<string, unknown> {
  if (document.contents === null) return {};
  if (!isMap(document.contents)) {
    throw new ConfigError([
      { source: file, line: 1, column: 1, key: '', message: 'expected a map of sections, like "snapshots:"' },
    ]);
  }
  return document.toJS() as Record<string, unknown>;
}

/** Lay one override over what the file says; a section that is no map is left for the schema to refuse. */
function assign(tree: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let at = tree;
  for (const key of path.slice(0, -1)) {
    const next = at[key];
    if (next !== null && typeof next === 'object') at = next as Record<string, unknown>;
    else at = at[key] = {};
  }
  const last = path.at(-1);
  if (last !== undefined) at[last] = value;
}

/** Turn one schema issue into a problem that points at the line, the variable or the flag that caused it. */
function locate(
  issue: z.core.$ZodIssue,
  file: string,
  document: Document,
  counter: LineCounter,
  overrides: readonly Override[],
): ConfigProblem[] {
  const keys: Path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) =>
      place([...keys, key], 'unknown key', file, document, counter, overrides, true),
    );
  }
  return [place(keys, issue.message, file, document, counter, overrides, false)];
}

function place(
  path: Path,
  message: string,
  file: string,
  document: Document,
  counter: LineCounter,
  overrides: readonly Override[],
  atKey: boolean,
): ConfigProblem {
  const key = path.join('.');
  const override = overrides.findLast((each) => each.path.join('.') === key);
  if (override !== undefined) return { source: override.source, key, message };
  const offset = offsetOf(document, path, atKey);
  if (offset === undefined) return { source: file, key, message };
  const { line, col } = counter.linePos(offset);
  return { source: file, line, column: col, key, message };
}

/** Where the value (or the key itself) of a path starts in the text; of the nearest parent that is written. */
function offsetOf(document: Document, path: Path, atKey: boolean): number | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = document.getIn(path.slice(0, length - 1), true) as Node | undefined;
    const name = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === name);
      if (pair !== undefined) {
        const node = (atKey && length === path.length ? pair.key : (pair.value ?? pair.key)) as Node;
        return node.range?.[0];
      }
    } else {
      const node = document.getIn(path.slice(0, length), true) as Node | undefined;
      if (node?.range) return node.range[0];
    }
  }
  return undefined;
}
