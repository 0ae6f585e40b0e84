import path from 'node:path';
import * as z from 'zod';
import { readOnlyGuard } from '../guards/read-only.ts';
import type { MarkStep } from '../plan.ts';
import type { StepContext, StepKind } from './step.ts';

const memorySchema = z.object({
  /** What was in the file; null where there was none. */
  before: z.string().nullable(),
});

/** More than a version. Bytes. */
const longest = 4096;

/** The host's own scripts are told which version was found good, where they keep that (docs/host.md). */
export const markStep: StepKind<MarkStep> = {
  guards: [readOnlyGuard],
  whenStopped: 'it is finished',
  mustFollow: true,

  async run(context, step) {
    context.remember({ before: (await contentOf(context, step)) ?? null });
    await note(context, step);
    return { result: {} };
  },

  async recover(context, step) {
    // It had not come to it: written now, nobody would know what there was before.
    if (!memorySchema.safeParse(context.remembered()).success) return undefined;
    await note(context, step);
    return { result: {} };
  },

  // It is the last of all: a runner that died after it, and was taken back, left the version that nobody has any more.
  async undo(context, step) {
    const { lastGood, version } = step;
    const memory = memorySchema.safeParse(context.remembered()).data;
    if (lastGood === null || memory === undefined) return;
    // What somebody else has found good meanwhile stays.
    if ((await contentOf(context, step))?.trim() !== version) return;
    const { files } = context.host;
    if (memory.before === null) await files.remove(lastGood);
    else await files.write(lastGood, memory.before);
  },
  undoWhenLost: () => true,
};

/** What stands in the host's file; undefined where there is none. */
async function contentOf(
  { host: { files } }: StepContext,
  { lastGood }: MarkStep,
): Promise<string | undefined> {
  if (lastGood === null || (await files.look(lastGood)) === undefined) return undefined;
  return files.read(lastGood, longest);
}

async function note({ host }: StepContext, { lastGood, version }: MarkStep): Promise<void> {
  if (lastGood === null || (await host.files.look(path.dirname(lastGood))) === undefined) return;
  await host.files.write(lastGood, `${version}\n`);
}
