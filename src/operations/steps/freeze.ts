import * as z from 'zod';
import { readOnlyGuard } from '../guards/read-only.ts';
import type { FreezeStep } from '../plan.ts';
import type { StepContext, StepKind } from './step.ts';

const memorySchema = z.object({
  /** What was in the file; null where there was none. */
  before: z.string().nullable(),
});

/** More than anybody writes into it. Bytes. */
const longest = 4096;

/** The host's freeze file, which its own scripts heed as well (docs/host.md, later additions). */
export const freezeStep: StepKind<FreezeStep> = {
  guards: [readOnlyGuard],
  whenStopped: 'it is finished',

  async run(context, step) {
    const { files } = context.host;
    const there = (await files.look(step.file)) !== undefined;
    context.remember({ before: there ? await files.read(step.file, longest) : null });
    await apply(context, step);
    return { result: {} };
  },

  async recover(context, step) {
    await apply(context, step);
    return { result: {} };
  },

  async undo({ host, remembered }, { file }) {
    const memory = memorySchema.safeParse(remembered()).data;
    if (memory === undefined) return;
    if (memory.before === null) await host.files.remove(file);
    else await host.files.write(file, memory.before);
  },
  undoWhenLost: () => true,
};

async function apply({ host }: StepContext, { file, reason }: FreezeStep): Promise<void> {
  if (reason === null) await host.files.remove(file);
  else await host.files.write(file, `${reason}\n`);
}
