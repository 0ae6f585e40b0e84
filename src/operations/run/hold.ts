import { jobUnits } from '../../fleet/jobs.ts';
import type { Config } from '../../config/schema.ts';
import { bootId } from '../../host/clock.ts';
import type { Host } from '../../host/host.ts';
import type { UnitState } from '../../host/units/units.ts';
import { readHeld, readOperation, type Held } from '../../journal/operations.ts';
import type { Recorder } from '../../journal/recorder.ts';
import { excerpt } from '../../text/printable.ts';
import type { Plan } from '../plan.ts';
import { stepKind } from '../steps/index.ts';

/** Does it stop servers, or replace databases? */
export function disrupts(plan: Plan): boolean {
  return plan.lanes.some((lane) => lane.steps.some((step) => stepKind(step).disrupts === true));
}

/**
 * Stop the timers of the host's own jobs for as long as an operation runs: one of them may fire in the middle of it (a
 * persistent timer catching up did, docs/host.md). Written down before, so that whoever clears up can start them again.
 * One that does not wait, or is masked, is none of ours: it stays as its administrator has left it.
 *
 * @throws when the supervisor does not answer: then nobody knows what may fire.
 */
export async function holdTimers(host: Host, config: Config, recorder: Recorder): Promise<void> {
  const timers = config.jobs.map((job) => jobUnits(job).timer);
  const states = await host.units.show(timers);
  const running = timers.filter((timer) => states.get(timer)?.active === 'active');
  if (running.length === 0) return;
  // A runner that died may have stopped some of them, and not the others.
  const before = heldBy(recorder);
  recorder.held([
    ...before.filter(({ unit }) => !running.includes(unit)),
    ...running.map((unit) => ({ unit, startup: states.get(unit)?.startup })),
  ]);
  recorder.event('info', { type: 'text', text: `held off until the end: ${running.join(', ')}` });
  for (const timer of running) await host.units.act('stop', timer, config.limits.commandTimeout);
}

/**
 * Start the timers again that this operation has stopped, but for those that somebody has put out of action meanwhile.
 * One that cannot be started stays written down, and is told of: the next runner tries again.
 */
export async function releaseTimers(host: Host, config: Config, recorder: Recorder): Promise<void> {
  const mine = heldBy(recorder);
  if (mine.length === 0) return;
  const place = readOperation(recorder.durable, recorder.operation)?.place;
  const another = place !== undefined && place.boot !== bootId();
  const states = await shown(host, mine);
  const left: Held[] = [];
  for (const held of mine) {
    const state = states.get(held.unit);
    const reason = state === undefined ? undefined : whyNot(held, state, another);
    if (reason !== undefined) {
      recorder.event('info', { type: 'text', text: `${held.unit} is left stopped: ${reason}` });
      continue;
    }
    try {
      await host.units.act('start', held.unit, config.limits.commandTimeout);
    } catch (error) {
      left.push(held);
      recorder.event('error', {
        type: 'text',
        text: `${held.unit} is still stopped: ${wordsOf(error)}; start it: systemctl start ${held.unit}`,
      });
    }
  }
  recorder.held(left);
}

/** Why a timer that was held off is not to be started again; undefined where it is. */
function whyNot({ startup }: Held, now: UnitState, another: boolean): string | undefined {
  if (now.load === 'not-found') return 'it is not there any more';
  if (now.load === 'masked' || now.startup?.startsWith('masked') === true) return 'somebody has masked it';
  if (now.startup === 'disabled' && startup !== undefined && startup !== 'disabled')
    return 'somebody has disabled it';
  // What was started by hand would have been gone with the reboot as well.
  if (another && now.startup === 'disabled' && now.active !== 'active')
    return 'it is disabled, and the machine was started since';
  return undefined;
}

/** What cannot be told is no reason to leave a timer stopped. */
async function shown(host: Host, held: readonly Held[]): Promise<ReadonlyMap<string, UnitState>> {
  try {
    return await host.units.show(held.map(({ unit }) => unit));
  } catch {
    return new Map();
  }
}

function heldBy({ durable, operation: id }: Recorder): Held[] {
  return readHeld(durable).find(({ operation }) => operation === id)?.held ?? [];
}

const wordsOf = (error: unknown) => excerpt(error instanceof Error ? error.message : String(error));
