import { settleReplacement } from '../../snapshots/replacement.ts';
import { readOnlyGuard } from '../guards/read-only.ts';
import type { SettleStep } from '../plan.ts';
import { unstoppable } from './snapshot.ts';
import type { StepContext, StepKind } from './step.ts';

/** Nothing is left beside the database, and nothing is owed any more. */
export const settleStep: StepKind<SettleStep> = {
  guards: [readOnlyGuard],
  whenStopped: 'it is finished',
  mustFollow: true,
  // What was replaced is a snapshot by now, which is what an undo puts back. A restart that is owed stays so.
  followsFailure: ({ deferral }) => deferral === null,

  async run(context, step) {
    await tidy(context, step);
    return { result: {} };
  },

  async recover(context, step) {
    await tidy(context, step);
    return { result: {} };
  },
};

async function tidy(context: StepContext, { live, home, base, deferral }: SettleStep): Promise<void> {
  await settleReplacement(context.host, { live, home, base }, unstoppable(context));
  if (deferral !== null) await context.host.files.remove(deferral);
}
