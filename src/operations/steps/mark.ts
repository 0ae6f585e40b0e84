import path from 'node:path';
import { readOnlyGuard } from '../guards/read-only.ts';
import type { MarkStep } from '../plan.ts';
import type { StepContext, StepKind } from './step.ts';

/** The host's own scripts are told which version was found good, where they keep that (docs/host.md). */
export const markStep: StepKind<MarkStep> = {
  guards: [readOnlyGuard],
  whenStopped: 'it is finished',
  mustFollow: true,

  async run(context, step) {
    await note(context, step);
    return { result: {} };
  },

  async recover(context, step) {
    await note(context, step);
    return { result: {} };
  },
};

async function note({ host }: StepContext, { lastGood, version }: MarkStep): Promise<void> {
  if (lastGood === null || (await host.files.look(path.dirname(lastGood))) === undefined) return;
  await host.files.write(lastGood, `${version}\n`);
}
