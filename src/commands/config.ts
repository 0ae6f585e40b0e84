import { stringify } from 'yaml';
import * as z from 'zod';
import { configSchema } from '../config/schema.ts';
import { loadConfigFor, type CommandContext } from './context.ts';
import { exit, type ExitCode } from './exit.ts';
import { jsonDocument } from './render/json.ts';

/** `config show`: the configuration as it is used, defaults included; durations in milliseconds, sizes in bytes. */
export function configShow(context: CommandContext): ExitCode {
  const { config, file } = loadConfigFor(context);
  if (context.options.json) context.io.out(jsonDocument({ file: file ?? null, config }));
  else
    context.io.out(
      `# ${file ?? 'no file: the defaults'}; durations in milliseconds, sizes in bytes\n${stringify(config)}`,
    );
  return exit.done;
}

/** `config check`: says nothing is wrong; an error has been thrown otherwise, with every problem in it. */
export function configCheck(context: CommandContext): ExitCode {
  const { file } = loadConfigFor(context);
  if (context.options.json) context.io.out(jsonDocument({ file: file ?? null, problems: [] }));
  else context.io.out(`${file ?? 'the defaults'}: nothing wrong\n`);
  return exit.done;
}

/** `config schema`: every key with its type, default and meaning, as a JSON Schema that editors understand. */
export function configSchemaDocument(context: CommandContext): ExitCode {
  const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' });
  context.io.out(`${JSON.stringify(schema, undefined, 2)}\n`);
  return exit.done;
}
