import path from 'node:path';
import * as z from 'zod';
import { freezeGuard } from '../guards/freeze.ts';
import { jobsGuard } from '../guards/jobs.ts';
import { launcherGuard } from '../guards/launcher.ts';
import { readOnlyGuard } from '../guards/read-only.ts';
import type { ChooseStep } from '../plan.ts';
import { StepRefused, type StepContext, type StepKind } from './step.ts';

const memorySchema = z.object({
  /** Where their link led to; null where they had none. */
  before: z.string().nullable(),
});

/**
 * The version of one user, by one rename(2) of their link: from then on their server starts as it, and their pages mint
 * with it. Done while their server is stopped, so that the two never differ.
 */
export const chooseStep: StepKind<ChooseStep> = {
  guards: [readOnlyGuard, freezeGuard, jobsGuard, launcherGuard(() => true)],
  whenStopped: 'their version is again what it was',

  async run(context, step) {
    const { trees, files } = context.host;
    if ((await files.lookThrough(step.target)) === undefined)
      throw new StepRefused(`${step.target} is not there: nothing to start ${step.whose}’s server with`);
    context.remember({ before: (await trees.leadsTo(step.link)) ?? null });
    await trees.make(path.dirname(step.link));
    await trees.point(step.link, step.target);
    return { result: { from: step.from, to: step.to } };
  },

  async recover(context, step) {
    await leadBack(context, step);
    return undefined;
  },

  undo: leadBack,
  undoWhenLost: (context, step) => !context.began(`${step.whose}/start`),
};

async function leadBack(context: StepContext, { link }: ChooseStep): Promise<void> {
  const memory = memorySchema.safeParse(context.remembered()).data;
  // It died before it did anything.
  if (memory === undefined) return;
  const { trees, files } = context.host;
  if (memory.before === null) await files.remove(link);
  else await trees.point(link, memory.before);
}
