import { parse } from 'yaml';
import * as z from 'zod';
import type { ConfigProblem } from './errors.ts';
import { configSchema } from './schema.ts';

/** One value laid over the file, with where it came from so that an error can name it. */
export interface Override {
  path: readonly string[];
  value: unknown;
  source: string;
}

/** Variables that say which file to read or how to run, not what the host is like. */
const reserved = new Set(['T3_COCKPIT_CONFIG', 'T3_COCKPIT_REAL_T3', 'T3_COCKPIT_INVOKED_BY']);

/** Every key of the schema that holds a value, as a path: `['snapshots', 'late']`. */
export const configKeys: readonly (readonly string[])[] = leaves(configSchema, []);

/** `snapshots.keepFree` as a variable: `T3_COCKPIT_SNAPSHOTS_KEEP_FREE`. */
export function variableName(path: readonly string[]): string {
  return `T3_COCKPIT_${path.map((part) => part.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()).join('_')}`;
}

/** The overrides in an environment; a `T3_COCKPIT_…` variable that means nothing is a problem, not a silence. */
export function overridesFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  problems: ConfigProblem[],
): Override[] {
  const known = new Map(configKeys.map((path) => [variableName(path), path]));
  return Object.entries(environment).flatMap(([name, text]): Override[] => {
    if (!name.startsWith('T3_COCKPIT_') || reserved.has(name) || text === undefined) return [];
    const path = known.get(name);
    if (path === undefined) {
      problems.push({
        source: name,
        key: '',
        message: 'no such setting; `t3-cockpit config schema` lists them',
      });
      return [];
    }
    return [{ path, value: scalar(text), source: name }];
  });
}

/** The overrides in `--set key=value` flags. */
export function overridesFromFlags(flags: readonly string[], problems: ConfigProblem[]): Override[] {
  const known = new Map(configKeys.map((path) => [path.join('.'), path]));
  return flags.flatMap((flag): Override[] => {
    const [key, ...rest] = flag.split('=');
    const path = known.get(key ?? '');
    if (path === undefined || rest.length === 0) {
      const message =
        path === undefined ? 'no such setting; `t3-cockpit config schema` lists them' : 'expected key=value';
      problems.push({ source: '--set', key: key ?? '', message });
      return [];
    }
    return [{ path, value: scalar(rest.join('=')), source: '--set' }];
  });
}

/** `3` is a number and `true` a boolean as they would be in the file; everything odd stays text for the schema. */
function scalar(text: string): unknown {
  try {
    return parse(text) as unknown;
  } catch {
    // Not YAML: then it is a plain text, and the schema says whether it may be one.
    return text;
  }
}

function leaves(schema: z.core.$ZodType, path: readonly string[]): (readonly string[])[] {
  const bare = unwrap(schema);
  if (bare instanceof z.ZodObject) {
    return Object.entries(bare.shape as Record<string, z.core.$ZodType>).flatMap(([key, child]) =>
      leaves(child, [...path, key]),
    );
  }
  return [path];
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault || schema instanceof z.ZodOptional) {
    return unwrap(schema.def.innerType);
  }
  return schema;
}
