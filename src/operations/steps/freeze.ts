import { readOnlyGuard } from '../guards/read-only.ts';
import type { FreezeStep } from '../plan.ts';
import type { StepContext, StepKind } from './step.ts';

/** The host's freeze file, which its own scripts heed as well (docs/host.md, later additions). */
export const freezeStep: StepKind<FreezeStep> = {
  guards: [readOnlyGuard],
  whenStopped: 'it is finished',

  async run(context, step) {
    await apply(context, step);
    return { result: {} };
  },

  async recover(context, step) {
    await apply(context, step);
    return { result: {} };
  },
};

async function apply({ host }: StepContext, { file, reason }: FreezeStep): Promise<void> {
  if (reason === null) await host.files.remove(file);
  else await host.files.write(file, `${reason}\n`);
}
