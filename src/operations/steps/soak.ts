import { setTimeout as delay } from 'node:timers/promises';
import { readOnlyGuard } from '../guards/read-only.ts';
import type { SoakStep } from '../plan.ts';
import { askRunning } from './running.ts';
import type { StartResult } from './start.ts';
import { notStayedUp } from './stays-up.ts';
import type { StepKind } from './step.ts';
import { unitOf } from './stop.ts';

const interval = 250;

/** A server that was moved, watched for a while: one that crashes late did not reach the next user. */
export const soakStep: StepKind<SoakStep> = {
  guards: [readOnlyGuard],
  whenStopped: 'it is watched to the end',
  mustFollow: true,

  async run(context, step) {
    const started = context.resultOf(`${step.user}/start`) as StartResult | undefined;
    if (started?.version === null) return { result: {} };
    const { clock } = context.host;
    const before = context.lane.started ?? (await unitOf(context, step.unit));
    const began = clock.monotonic();
    for (;;) {
      const fell = await notStayedUp(context, before);
      if (fell !== undefined) throw new Error(fell);
      const answer = await askRunning(context, step.port);
      if ('problem' in answer) throw new Error(`${step.unit} does not answer any more: ${answer.problem}`);
      if (answer.version !== step.version) throw new Error(`${step.unit} runs ${answer.version} now`);
      const gone = clock.monotonic() - began;
      if (gone >= step.time) return { result: {} };
      await delay(Math.min(interval, step.time - gone));
    }
  },

  recover: () => Promise.resolve(undefined),
};
