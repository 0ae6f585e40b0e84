import * as z from 'zod';
import { freezeOfOperation, operationOfFreeze } from '../../fleet/freeze.ts';
import { freezeGuard } from '../guards/freeze.ts';
import { readOnlyGuard } from '../guards/read-only.ts';
import type { FreezeStep } from '../plan.ts';
import type { StepContext, StepKind } from './step.ts';

const memorySchema = z.object({
  /** What was in the file; null where there was none. */
  before: z.string().nullable(),
});

/** More than anybody writes into it. Bytes. */
const longest = 4096;

/**
 * The host's freeze file, which its own scripts heed as well (docs/host.md, later additions): set or taken away because
 * somebody wants that; or `meanwhile`, for the time of an operation. The latter outlives a reboot, after which systemd
 * starts the host's timers whatever was held off. It is never put in the place of another, and only itself taken away.
 */
export const freezeStep: StepKind<FreezeStep> = {
  guards: [
    readOnlyGuard,
    {
      name: freezeGuard.name,
      check: (context, { meanwhile, reason }) =>
        freezeGuard.check(context, { back: meanwhile !== true || reason === null }),
    },
  ],
  whenStopped: 'it is finished',

  async run(context, step) {
    context.remember({ before: (await contentOf(context, step)) ?? null });
    await apply(context, step);
    return { result: {} };
  },

  async recover(context, step) {
    await apply(context, step);
    return { result: {} };
  },

  async undo(context, step) {
    if (step.meanwhile === true) return step.reason === null ? undefined : thaw(context, step);
    const memory = memorySchema.safeParse(context.remembered()).data;
    if (memory === undefined) return;
    if (memory.before === null) await context.host.files.remove(step.file);
    else await context.host.files.write(step.file, memory.before);
  },
  undoWhenLost: (_context, { meanwhile }) => meanwhile !== true,
};

/** What stands in the freeze file; undefined where there is none. */
async function contentOf(
  { host: { files } }: Pick<StepContext, 'host'>,
  { file }: Pick<FreezeStep, 'file'>,
): Promise<string | undefined> {
  return (await files.look(file)) === undefined ? undefined : files.read(file, longest);
}

async function apply(context: StepContext, step: FreezeStep): Promise<void> {
  const { host, operation } = context;
  const { file, reason, meanwhile } = step;
  if (meanwhile !== true) {
    if (reason === null) await host.files.remove(file);
    else await host.files.write(file, `${reason}\n`);
    return;
  }
  if (reason === null) return thaw(context, step);
  const there = await contentOf(context, step);
  if (there === undefined) await host.files.write(file, `${freezeOfOperation(operation, reason)}\n`);
}

/** Take the freeze of this operation away, and no other. */
async function thaw(context: StepContext, step: FreezeStep): Promise<void> {
  const there = await contentOf(context, step);
  if (there === undefined) return;
  if (operationOfFreeze(there) === context.operation) return context.host.files.remove(step.file);
  // What has failed has put its reason in that place.
  if (there.includes(`(operation ${context.operation})`)) return;
  context.event('warning', {
    type: 'text',
    text: `somebody has frozen versions meanwhile: that stays (${step.file})`,
  });
}
