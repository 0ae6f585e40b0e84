import { setTimeout as delay } from 'node:timers/promises';
import { isRunning, isStopped } from '../../host/units/units.ts';
import { judgeBusy } from '../guards/busy.ts';
import { ask } from '../guards/guard.ts';
import { hostingGuard } from '../guards/hosting.ts';
import { readOnlyGuard } from '../guards/read-only.ts';
import type { StartStep } from '../plan.ts';
import { askRunning } from './running.ts';
import { StepRefused, type StepContext, type StepKind } from './step.ts';
import { requireNobody, startUnit, stopResult, stopUnit, unitOf } from './stop.ts';

/** What remains of it: what the server says that it runs. */
export interface StartResult {
  /** Null of one that was left stopped. */
  version: string | null;
}

const interval = 100;

/**
 * A server started, and answering. Everything that held its database closed is let go of first; from then on a page
 * visit may open it.
 */
export const startStep: StepKind<StartStep> = {
  guards: [readOnlyGuard],
  whenStopped: 'it goes on: a server is not left stopped',
  mustFollow: true,
  disrupts: true,

  async run(context, step) {
    const { units, clock } = context.host;
    const { config } = context;
    await context.lane.release();
    const before = stopResult(context.resultOf(`${step.user}/stop`));
    if (before?.masked !== true) await units.act('unmask', step.unit, config.limits.commandTimeout);
    if (step.heldOn !== undefined && before?.masked !== true)
      await units.override(step.unit, null, config.limits.commandTimeout);
    if (step.asBefore && before?.ran === false) return { result: { version: null } satisfies StartResult };
    await startUnit(context, step.unit);
    let restarts: number | undefined;
    const deadline = clock.monotonic() + config.limits.startTimeout;
    for (;;) {
      const state = await unitOf(context, step.unit);
      restarts ??= state.restarts;
      const answer = isRunning(state) ? await askRunning(context, step.port) : undefined;
      if (answer !== undefined && 'version' in answer) {
        context.lane.started = state;
        return { result: answer satisfies StartResult };
      }
      if (clock.monotonic() > deadline || (isStopped(state) && state.sub !== 'auto-restart')) {
        const why = answer?.problem ?? `it is ${state.active} (${state.result})`;
        const again = (state.restarts ?? 0) - (restarts ?? 0);
        const fell =
          again > 0 ? `, and did not stay up (its supervisor has started it again, ${again}×)` : '';
        throw new Error(`${step.unit} was started, and does not answer${fell}: ${why}`);
      }
      await delay(interval);
    }
  },

  async recover(context, step) {
    const state = await unitOf(context, step.unit);
    if (isRunning(state) && state.load !== 'masked') {
      const answer = await askRunning(context, step.port);
      if ('version' in answer) {
        context.lane.started = state;
        return { result: answer satisfies StartResult };
      }
    }
    await stopAgain(context, step);
    return undefined;
  },

  async undo(context, step) {
    if (step.guarded === true) await requireMayStop(context, step);
    await stopAgain(context, step);
  },
};

/** It ran for a while: nobody is cut off, and no session ends with it (guarantee 7). @throws StepRefused */
async function requireMayStop(context: StepContext, step: StartStep): Promise<void> {
  for (const verdict of [
    await ask(hostingGuard, context, step),
    await judgeBusy(context, { ...step, interruptTurn: false }),
  ])
    if (!verdict.holds) throw new StepRefused(verdict.reason);
}

/** It has the database only since a moment ago, and is stopped for the database's sake: nobody's work is in it. */
async function stopAgain(context: StepContext, step: StartStep): Promise<void> {
  const { units } = context.host;
  const { limits } = context.config;
  // Of a masked unit nobody can read what it starts; this one was masked again only after it was held again.
  if (step.heldOn !== undefined && (await unitOf(context, step.unit)).load !== 'masked')
    await units.override(step.unit, step.heldOn, limits.commandTimeout);
  if (stopResult(context.resultOf(`${step.user}/stop`))?.masked !== true)
    await units.act('mask', step.unit, limits.commandTimeout);
  await stopUnit(context, step.unit);
  await requireNobody(context, step);
}
