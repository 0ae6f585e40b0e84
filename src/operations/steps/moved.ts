import * as z from 'zod';
import { isStopped } from '../../host/units/units.ts';
import { judgeBusy } from '../guards/busy.ts';
import { ask } from '../guards/guard.ts';
import { hostingGuard } from '../guards/hosting.ts';
import { jobsGuard } from '../guards/jobs.ts';
import { readOnlyGuard } from '../guards/read-only.ts';
import type { MovedStep } from '../plan.ts';
import { schemaNow } from './check.ts';
import { putBack } from './put-back.ts';
import { askRunning } from './running.ts';
import { startStep, type StartResult } from './start.ts';
import { StepRefused, type StepContext, type StepKind } from './step.ts';
import { requireNobody, stopResult, stopStep, stopUnit, unitOf } from './stop.ts';

/** What each part of the way back has written down. */
const memorySchema = z.object({
  stop: z.unknown().optional(),
  copy: z.unknown().optional(),
  start: z.unknown().optional(),
});

/**
 * What somebody else (the host's own script) has made of a user's server, taken over: does it run the new version, was
 * it put off, or is it off? Undone it is what a rollout undoes of its own: stopped, its database put back, started.
 */
export const movedStep: StepKind<MovedStep> = {
  guards: [readOnlyGuard],
  whenStopped: 'it is finished',
  mustFollow: true,
  disrupts: true,

  async run(context, step) {
    const { start } = step;
    if (start.asBefore && isStopped(await unitOf(context, start.unit)))
      return { result: { version: null } satisfies StartResult };
    const running = await askRunning(context, start.port);
    if ('problem' in running) throw new Error(`${start.unit} does not answer: ${running.problem}`);
    if (running.version === step.to) return { result: running satisfies StartResult };
    throw new StepRefused(
      running.version === step.from
        ? `the host’s script has put ${step.user} off`
        : `it runs ${running.version}, neither ${step.from} nor ${step.to}`,
    );
  },

  async recover(context, step) {
    // A runner died while it took this user back: that is what is to be finished.
    if (memorySchema.safeParse(context.remembered()).success) await takeBack(context, step);
    return undefined;
  },

  undo: takeBack,
};

/** Idempotent: what was done of it by a runner that died is written down part by part. */
async function takeBack(context: StepContext, step: MovedStep): Promise<void> {
  const { stop, copy, start } = step;
  const parts = partsOf(context, step);
  if (parts('stop').remembered() === undefined && (await isAsBefore(context, step))) return;
  for (const verdict of [await ask(jobsGuard, context, step), await ask(hostingGuard, context, stop)])
    if (!verdict.holds) throw new StepRefused(verdict.reason);
  try {
    if (stopResult(parts('stop').remembered()) === undefined) await stopStep.run(parts('stop'), stop);
    else await stopAgain(parts('stop'), step);
    await putBack(parts('copy'), copy);
  } catch (error) {
    // Nobody is left down for it: it is started again, as what knows its database.
    await context.lane.release();
    await stopStep.undo?.(parts('stop'), stop);
    throw error;
  }
  await startStep.run(parts('start'), start);
}

/** Neither was the server moved nor its database migrated, by the script or by a page visit. */
async function isAsBefore(context: StepContext, { copy, start, from }: MovedStep): Promise<boolean> {
  if (copy.back === undefined) return true;
  const now = await schemaNow(context, copy.back.stage);
  if (now.id !== copy.back.schema.id || now.name !== copy.back.schema.name) return false;
  if (isStopped(await unitOf(context, start.unit))) return start.asBefore;
  const running = await askRunning(context, start.port);
  return 'version' in running && running.version === from;
}

/** A reboot takes the mask away and starts it: then somebody may be at work. */
async function stopAgain(context: StepContext, { stop }: MovedStep): Promise<void> {
  const { units } = context.host;
  const { limits } = context.config;
  const busy = await judgeBusy(context, stop);
  if (!busy.holds) throw new StepRefused(busy.reason);
  if (stopResult(context.remembered())?.masked !== true)
    await units.act('mask', stop.unit, limits.commandTimeout);
  await stopUnit(context, stop.unit);
  await requireNobody(context, stop);
}

/** The step's own memory and results, seen by the steps that it consists of as if each were one of its own. */
function partsOf(context: StepContext, step: MovedStep) {
  type Part = 'stop' | 'copy' | 'start';
  const memory = (): Partial<Record<Part, unknown>> =>
    memorySchema.safeParse(context.remembered()).data ?? {};
  return (part: Part): StepContext => ({
    ...context,
    remember: (what) => context.remember({ ...memory(), [part]: what }),
    remembered: () => memory()[part],
    resultOf: (id) => (id === step.stop.id ? memory().stop : context.resultOf(id)),
  });
}
