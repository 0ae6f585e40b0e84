import { settleReplacement } from '../../snapshots/replacement.ts';
import { schemaLevel } from '../../t3/state-database.ts';
import { roomForReplacementGuard } from '../guards/free-space.ts';
import { ask } from '../guards/guard.ts';
import type { ColdCopyStep, StageStep } from '../plan.ts';
import { schemaNow } from './check.ts';
import { replaceStep } from './replace.ts';
import type { SnapshotResult } from './snapshot.ts';
import { unstoppable } from './snapshot.ts';
import { stageStep } from './stage.ts';
import type { StepContext } from './step.ts';
import { requireNobody } from './stop.ts';

/**
 * The way back of a bump, for one user whose server is stopped: a database that the new version has migrated gives way
 * to the copy from before (guarantee 5), with all that a restore does. What was done since is kept as a `prerestore`
 * snapshot. One that was not migrated stays: the old version runs on it, and there may be work in it. Idempotent.
 */
export async function putBack(context: StepContext, step: ColdCopyStep): Promise<void> {
  if (step.back === undefined) return;
  const { schema, stage, replace } = step.back;
  const { live, home, base } = stage;
  // A runner that died may have done it already, or half of it: it writes that down before it touches anything.
  const done = context.remembered() === undefined ? undefined : await replaceStep.recover(context, replace);
  if (done === undefined || done.failure !== undefined) {
    const now = await schemaNow(context, stage);
    if (now.id !== schema.id || now.name !== schema.name) {
      // A reboot starts servers by itself: under a running one nothing is replaced.
      await requireNobody(context, { live, home });
      const source = sourceOf(context, step);
      const room = await ask(roomForReplacementGuard, context, source);
      if (!room.holds) throw new Error(room.reason);
      await stageStep.run(context, source);
      await replaceStep.run(context, replace);
      context.event('warning', {
        type: 'text',
        text: `schema ${now.id} is ${schema.id} again, from ${source.file}; what was there is kept: ${replace.file}`,
      });
    }
  }
  await context.lane.release();
  await settleReplacement(context.host, { live, home, base }, unstoppable(context));
}

/**
 * The copy that was taken right before the start, unless a page visit had migrated the database by then (the skew
 * window): then the online one from the beginning.
 *
 * @throws when neither is of the schema that it has to be
 */
function sourceOf(context: StepContext, { id, user, back }: ColdCopyStep): StageStep {
  if (back === undefined) throw new Error('there is no way back');
  for (const result of [context.resultOf(id), context.resultOf(`${user}/snapshot`)]) {
    const taken = result as SnapshotResult | undefined;
    const level = schemaLevel(taken?.migrations ?? []);
    if (taken === undefined || level?.id !== back.schema.id || level.name !== back.schema.name) continue;
    const { folder, file, bytes, sha256 } = taken;
    return { ...back.stage, folder, file, bytes, sha256 };
  }
  throw new Error(`there is no snapshot of ${user} with schema ${back.schema.id}: restore one by hand`);
}
