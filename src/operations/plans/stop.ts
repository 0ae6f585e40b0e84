import type { Config } from '../../config/schema.ts';
import type { Clock } from '../../host/clock.ts';
import { openJournal } from '../../journal/journal.ts';
import { readOperationDocuments, readSteps } from '../../journal/operations.ts';
import { recordStopRequest } from '../../journal/recorder.ts';
import { planSchema } from '../plan.ts';
import { stepKind } from '../steps/index.ts';

/**
 * Ask an operation to stop at its next safe point.
 *
 * @returns in words, what that point is, or that there is nothing to stop.
 */
export function requestStop(config: Config, clock: Clock, id: number): string {
  const journal = openJournal(config.paths.state);
  try {
    if (!recordStopRequest(journal, clock, id)) return `operation ${id} has ended.`;
    const plan = planSchema.safeParse(readOperationDocuments(journal, id)?.plan).data;
    const running = new Set(
      readSteps(journal, id)
        .filter((step) => step.state === 'started')
        .map((step) => step.id),
    );
    const steps = plan?.lanes.flatMap((lane) => lane.steps).filter((step) => running.has(step.id)) ?? [];
    const moving = plan?.lanes.some(
      ({ phase, steps: planned }) =>
        (phase === 'switch' || phase === 'users') && planned.some((step) => running.has(step.id)),
    );
    const points =
      moving === true
        ? ['who is being moved is moved to the end, and the others are owed a restart']
        : [...new Set(steps.map((step) => stepKind(step).whenStopped))];
    return `operation ${id} was asked to stop${points.length === 0 ? '' : `: ${points.join('; ')}`}.`;
  } finally {
    journal.close();
  }
}
