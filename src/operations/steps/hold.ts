import * as z from 'zod';
import { readOnlyGuard } from '../guards/read-only.ts';
import type { HoldStep } from '../plan.ts';
import { StepRefused, type StepContext, type StepKind } from './step.ts';
import { unitOf } from './stop.ts';

const memorySchema = z.object({
  /** The program that it was held on already; null where it was not. */
  before: z.string().nullable(),
});

/**
 * A server held on the version that knows its database, before the global binary becomes another one: whatever starts it
 * meanwhile, a crash or somebody by hand, starts that version. Until its own turn, at which it is started as what is
 * installed, or until the machine is started anew.
 */
export const holdStep: StepKind<HoldStep> = {
  guards: [readOnlyGuard],
  whenStopped: 'it is held no longer',

  async run(context, step) {
    const { host, config, binaries } = context;
    const found = await binaries.of(step.version);
    if ('problem' in found)
      throw new StepRefused(`${found.problem}; t3-cockpit preflight ${step.version} fetches it`);
    if (found.binary !== step.program)
      throw new StepRefused(`${step.program} is not there: t3-cockpit preflight ${step.version} fetches it`);
    const now = await unitOf(context, step.unit);
    // Nobody can start it anyway, nor read what it starts.
    if (now.load === 'masked') return { result: { version: null } };
    context.remember({ before: now.heldOn ?? null });
    await host.units.override(step.unit, step.program, config.limits.commandTimeout);
    return { result: { version: step.version } };
  },

  async recover(context, step) {
    await release(context, step);
    return undefined;
  },

  async undo(context, step) {
    if (step.untilStarted && context.began(`${step.whose}/start`)) return;
    await release(context, step);
  },
  undoWhenLost: (context, step) => !context.began(`${step.whose}/start`),
};

async function release(context: StepContext, { unit }: HoldStep): Promise<void> {
  const memory = memorySchema.safeParse(context.remembered()).data;
  // It died before it did anything.
  if (memory === undefined) return;
  await context.host.units.override(unit, memory.before, context.config.limits.commandTimeout);
}
