import { jobUnits } from '../fleet/jobs.ts';
import type { Config } from '../config/schema.ts';
import type { Host } from '../host/host.ts';
import type { Sqlite } from '../host/sqlite.ts';
import { readHeld } from '../journal/operations.ts';
import type { Recorder } from '../journal/recorder.ts';
import type { Plan } from './plan.ts';
import { stepKind } from './steps/index.ts';

/** Does it stop servers, or replace databases? */
export function disrupts(plan: Plan): boolean {
  return plan.lanes.some((lane) => lane.steps.some((step) => stepKind(step).disrupts === true));
}

/**
 * Stop the timers of the host's own jobs for as long as an operation runs: one of them may fire in the middle of it (a
 * persistent timer catching up did, docs/host.md). Written down before, so that whoever clears up can start them again.
 *
 * @throws when the supervisor does not answer: then nobody knows what may fire.
 */
export async function holdTimers(host: Host, config: Config, recorder: Recorder): Promise<void> {
  const timers = config.jobs.map((job) => jobUnits(job).timer);
  const states = await host.units.show(timers);
  const running = timers.filter((timer) => states.get(timer)?.active === 'active');
  if (running.length === 0) return;
  recorder.held(running);
  recorder.event('info', { type: 'text', text: `held off until the end: ${running.join(', ')}` });
  for (const timer of running) await host.units.act('stop', timer, config.limits.commandTimeout);
}

/** Start the timers again that this operation has stopped. @throws naming those that do not start. */
export async function releaseTimers(host: Host, config: Config, recorder: Recorder): Promise<void> {
  const mine = readHeld(recorder.durable).find(({ operation }) => operation === recorder.operation);
  if (mine === undefined) return;
  const left: string[] = [];
  for (const timer of mine.held) {
    try {
      await host.units.act('start', timer, config.limits.commandTimeout);
    } catch (error) {
      left.push(timer);
      const words = error instanceof Error ? error.message : String(error);
      recorder.event('error', {
        type: 'text',
        text: `${timer} is still stopped: ${words}; start it: systemctl start ${timer}`,
      });
    }
  }
  // What could not be started stays written down: the next runner tries again.
  recorder.held(left);
}

/** The operations that still hold something off. */
export const holding = (journal: Sqlite): number[] => readHeld(journal).map(({ operation }) => operation);
