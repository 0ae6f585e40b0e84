import path from 'node:path';
import * as z from 'zod';
import { setTimeout as delay } from 'node:timers/promises';
import type { FileIdentity, Holder } from '../../host/holders.ts';
import { isRunning, isStopped, type UnitState } from '../../host/units/units.ts';
import { readProbes } from '../../journal/probes.ts';
import { isOff } from '../../t3/off.ts';
import { durationWords } from '../../text/duration.ts';
import { judgeBusy } from '../guards/busy.ts';
import { hostingGuard } from '../guards/hosting.ts';
import { jobsGuard } from '../guards/jobs.ts';
import { readOnlyGuard } from '../guards/read-only.ts';
import { workSinceGuard } from '../guards/work-since.ts';
import { excerpt } from '../../text/printable.ts';
import type { StopStep } from '../plan.ts';
import { schemaNow } from './check.ts';
import { StepRefused, type StepContext, type StepKind } from './step.ts';

const memorySchema = z.object({
  /** It ran, or tried to: it is to run again. */
  ran: z.boolean(),
  /** Somebody else had masked it: it stays so. */
  masked: z.boolean(),
  /** It did not stay up, or the handshake was known not to work before. */
  broken: z.boolean(),
});
/** What remains of it, and what undoing it needs. */
export type StopResult = z.output<typeof memorySchema>;

/** How the result of an earlier stop step is read back. */
export function stopResult(result: unknown): StopResult | undefined {
  return memorySchema.safeParse(result).data;
}

/** Whether a file is open is nothing that one could wait for: asked again after so many milliseconds. */
const visitInterval = 100;

/**
 * A server stopped, and proven to be: masked, so that nobody starts it again in the middle; the unit inactive; and,
 * where its database is going to be replaced, no process left that has it open.
 */
export const stopStep: StepKind<StopStep> = {
  guards: [readOnlyGuard, hostingGuard, jobsGuard, workSinceGuard],
  whenStopped: 'a server that was stopped is started again',
  disrupts: true,

  async run(context, step) {
    const { units } = context.host;
    const before = await unitOf(context, step.unit);
    if (before.load === 'not-found') throw new StepRefused(`${step.unit}: there is no such unit`);
    await requireIdle(context, step);
    const memory: StopResult = {
      ran: !isStopped(before) || !isOff(before),
      masked: before.load === 'masked',
      broken: wasBroken(context, step, before),
    };
    context.remember(memory);
    if (!memory.masked) await units.act('mask', step.unit, context.config.limits.commandTimeout);
    // A turn may have begun since the guard looked: this is the last moment.
    await requireIdle(context, step);
    await stopUnit(context, step.unit);
    if (step.exclusive) await requireNobody(context, step);
    return { result: memory };
  },

  async recover(context, step) {
    const memory = stopResult(context.remembered());
    // Who still has the database open is found by the next step, which must have it for itself.
    if (step.keepStopped === true && memory !== undefined && isStopped(await unitOf(context, step.unit)))
      return { result: memory };
    await startAgain(context, step);
    return undefined;
  },

  undo: startAgain,

  // Either database under it is whole, and somebody wants to work.
  undoWhenLost: () => true,

  async holds(context, step) {
    const now = await unitOf(context, step.unit);
    return now.load === 'masked' && isStopped(now);
  },
};

/** The busy guard: before anything is done, and again at the last moment. A restart is owed to whoever is busy. */
async function requireIdle(context: StepContext, step: StopStep): Promise<void> {
  const verdict = await judgeBusy(context, step);
  if (verdict.holds) return;
  await owe(context, step);
  throw new StepRefused(verdict.reason);
}

async function startAgain(context: StepContext, step: StopStep): Promise<void> {
  const memory = stopResult(context.remembered());
  // It died before it did anything.
  if (memory === undefined) return;
  const { units } = context.host;
  if (!memory.masked) await units.act('unmask', step.unit, context.config.limits.commandTimeout);
  if (!memory.ran || memory.masked) return;
  if (step.unlessSchema !== undefined && (await isMigrated(context, step.unlessSchema, step)))
    await units.override(step.unit, step.unlessSchema.program, context.config.limits.commandTimeout);
  await startUnit(context, step.unit);
}

/**
 * Has its database got another schema, with a way back that has failed? An old t3 does nothing to a new schema, a new one
 * migrates an old one: what cannot be told is a no.
 */
async function isMigrated(
  context: StepContext,
  before: NonNullable<StopStep['unlessSchema']>,
  step: StopStep,
): Promise<boolean> {
  try {
    const now = await schemaNow(context, step);
    return now.id !== before.id || now.name !== before.name;
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    context.event('warning', { type: 'text', text: `cannot tell which schema it has: ${excerpt(words)}` });
    return false;
  }
}

/**
 * Start a unit. It may count as failed, by its exit code or by a start that was refused while it was masked. And where it
 * was started often of late, by its own crashes or by somebody's hand, this start would be one too many (StartLimitBurst),
 * after a stop that was ours, too: nobody is left down by that. (systemd 252 forgets the count when it reads its units
 * anew, as it does for a mask; later ones keep it.)
 */
export async function startUnit(context: Pick<StepContext, 'host' | 'config'>, unit: string): Promise<void> {
  const { units } = context.host;
  const { stopTimeout, commandTimeout } = context.config.limits;
  if ((await unitOf(context, unit)).active === 'failed')
    await units.act('reset-failed', unit, commandTimeout);
  try {
    await units.act('start', unit, stopTimeout);
  } catch (error) {
    if ((await unitOf(context, unit)).result !== 'start-limit-hit') throw error;
    await units.act('reset-failed', unit, commandTimeout);
    await units.act('start', unit, stopTimeout);
  }
}

/** What comes on top of a unit's own time to stop, until its supervisor has said so; milliseconds. */
const stopGrace = 10_000;

/**
 * Stop a unit, however long its definition lets it take, and see that it is. One that had to be killed is as stopped as
 * any other, and that is said: what it had not written is in its write-ahead log, or lost to it.
 *
 * @throws when it is not stopped.
 */
export async function stopUnit(
  context: Pick<StepContext, 'host' | 'config' | 'event'>,
  unit: string,
): Promise<void> {
  const { units } = context.host;
  const { stopTimeout, commandTimeout } = context.config.limits;
  const own = (await unitOf(context, unit)).stopLimit;
  await units.act('stop', unit, own === undefined ? stopTimeout : Math.max(stopTimeout, own + stopGrace));
  const after = await unitOf(context, unit);
  if (after.result === 'timeout')
    context.event('warning', {
      type: 'text',
      text: `${unit} did not end when it was asked to${own === undefined ? '' : `, within its ${durationWords(own)} (TimeoutStopSec)`}, and was killed`,
    });
  // t3 ends with 130 when it is asked to, which is a failure for systemd (docs/t3-contract.md, process).
  if (after.active === 'failed') await units.act('reset-failed', unit, commandTimeout);
  const now = await unitOf(context, unit);
  if (!isStopped(now)) throw new Error(`${unit} was stopped, and is ${now.active} (${now.sub})`);
}

/** @throws when the supervisor does not answer for it. */
export async function unitOf({ host }: Pick<StepContext, 'host'>, unit: string): Promise<UnitState> {
  const state = (await host.units.show([unit])).get(unit);
  if (state === undefined) throw new Error(`the supervisor does not know ${unit}`);
  return state;
}

/** One that ended by itself, and was started again by its supervisor within this time, does not stay up; milliseconds. */
const lately = 60_000;

/** Did it not stay up, or was the handshake known not to work? Then that it does not work afterwards says nothing against what was done. */
function wasBroken({ journal, host, config }: StepContext, step: StopStep, unit: UnitState): boolean {
  if (!isRunning(unit)) return true;
  const upFor = unit.since === undefined ? Infinity : host.clock.now() - unit.since;
  if ((unit.restarts ?? 0) > 0 && upFor < lately) return true;
  const direct = readProbes(journal, step.user).find(({ last }) => last.route === 'direct');
  if (direct === undefined || host.clock.now() - direct.last.at > config.probes.stale) return false;
  return direct.last.verdict !== 'ok';
}

/** Write down that a restart is owed: `drain` finds it, and the host's own scripts do (docs/host.md). */
async function owe({ host, event }: StepContext, { deferral, user }: StopStep): Promise<void> {
  if (deferral === null) return;
  await host.files.write(deferral.file, `${deferral.version}\n`);
  event('warning', {
    type: 'text',
    text: `a restart is owed to ${user} now: drain does it when they are idle`,
  });
}

/**
 * Nobody has the live database open.
 *
 * @throws StepRefused naming whoever goes on having it open; or a link on the way to it: behind one lies the database of
 *   somebody else, and the server that has that open is not to be ended.
 */
export async function requireNobody(
  context: Pick<StepContext, 'host' | 'config'>,
  { live, home }: Pick<StopStep, 'live' | 'home'>,
): Promise<void> {
  await requireGone(context, async () => {
    await refuseLinks(context.host, path.dirname(live), home);
    return filesOf(context.host, live);
  });
}

async function refuseLinks(
  { files }: Pick<StepContext['host'], 'files'>,
  folder: string,
  home: string,
): Promise<void> {
  if (folder === home || !folder.startsWith(`${home}/`)) return;
  await refuseLinks({ files }, path.dirname(folder), home);
  if ((await files.look(folder))?.kind === 'link')
    throw new StepRefused(`${folder}: is a symbolic link, which is not followed`);
}

/**
 * Wait until nobody has these files open, but for some processes.
 *
 * @throws StepRefused naming those who go on having them open.
 */
export async function requireGone(
  { host, config }: Pick<StepContext, 'host' | 'config'>,
  files: () => Promise<FileIdentity[]>,
  except: readonly number[] = [],
): Promise<void> {
  const deadline = host.clock.monotonic() + config.limits.visit;
  for (;;) {
    const holders = (await host.holders(await files())).filter(({ pid }) => !except.includes(pid));
    if (holders.length === 0) return;
    if (host.clock.monotonic() > deadline)
      throw new StepRefused(`the database is open in ${holders.map(holderText).join(', ')}: end that first`);
    await delay(visitInterval);
  }
}

async function filesOf(host: StepContext['host'], live: string): Promise<FileIdentity[]> {
  const found = await Promise.all(['', '-wal', '-shm'].map((suffix) => host.files.look(live + suffix)));
  return found.filter((file) => file !== undefined);
}

function holderText({ pid, name, uid }: Holder): string {
  return `process ${pid} (${name}, user ${uid})`;
}
