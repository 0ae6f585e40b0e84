import { readFileSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import type { Layout } from './layout.ts';

const markSchema = z.object({
  schema: z.literal(1),
  /** Marks the processes of this sandbox. */
  id: z.string().regex(/^[0-9a-f]{12}$/),
  supervisor: z.int().positive().optional(),
  /** The port of the stand-in dispatch. */
  dispatch: z.int().min(1).max(65535).optional(),
  /** The port of the stand-in package source. */
  packages: z.int().min(1).max(65535).optional(),
});
export type Mark = z.output<typeof markSchema>;

/** Read the mark of a sandbox. @throws when this folder is not one. */
export function readMark(layout: Layout): Mark {
  let text: string;
  try {
    text = readFileSync(layout.mark, 'utf8');
  } catch (error) {
    throw new Error(`${layout.root}: not a sandbox of t3-cockpit (no ${layout.mark})`, { cause: error });
  }
  return markSchema.parse(JSON.parse(text));
}

export function writeMark(layout: Layout, mark: Mark): void {
  writeFileSync(layout.mark, `${JSON.stringify(mark)}\n`, { mode: 0o600 });
}
