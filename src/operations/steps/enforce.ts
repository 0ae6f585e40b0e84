import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { parseEnforcerLine } from '../../fleet/enforcer-output.ts';
import { isStopped, type UnitState } from '../../host/units/units.ts';
import { globalPackage, handOver, isNpms } from '../../t3/global-package.ts';
import { prefixOf } from '../../t3/packages.ts';
import { durationWords } from '../../text/duration.ts';
import { excerpt } from '../../text/printable.ts';
import { dispatchGuard } from '../guards/dispatch.ts';
import { nobodyHostsGuard, seenBusyGuard } from '../guards/enforcer.ts';
import { freezeGuard } from '../guards/freeze.ts';
import { jobsGuard } from '../guards/jobs.ts';
import { launcherGuard } from '../guards/launcher.ts';
import { readOnlyGuard } from '../guards/read-only.ts';
import type { EnforceStep } from '../plan.ts';
import { bitsOf } from './download.ts';
import { StepRefused, type StepContext, type StepKind } from './step.ts';
import { unitOf } from './stop.ts';

/** What the host's script has done, by its own words. */
export interface EnforceResult {
  version: string;
  /** Units. */
  restarted: string[];
  deferred: string[];
}

/** Written down before anything is touched. */
const memorySchema = z.object({ begun: z.literal(true) });

/** Whether a unit has ended is asked for so often, milliseconds; its lines are told as they come. */
const interval = 250;

/**
 * The host's own script installs the pin and restarts who is idle by its measure, as its own unit: not a child of ours,
 * and not within our time. What it says is told, and understood; whether it is so is looked at afterwards.
 */
export const enforceStep: StepKind<EnforceStep> = {
  guards: [
    readOnlyGuard,
    freezeGuard,
    jobsGuard,
    launcherGuard(() => false),
    nobodyHostsGuard,
    seenBusyGuard,
    dispatchGuard,
  ],
  whenStopped: 'the host’s script is waited for: it cannot be asked to stop half way',
  disrupts: true,

  async run(context, step) {
    const { host, config } = context;
    for (const version of [step.from, step.to]) await requireWhole(context, version);
    const now = await context.binaries.installed();
    if (!('version' in now) || now.version !== step.from)
      throw new StepRefused(
        `${'version' in now ? now.version : now.problem} is installed, not ${step.from}: somebody has changed it meanwhile`,
      );
    const { load } = await unitOf(context, step.unit);
    if (load === 'not-found' || load === 'masked')
      throw new StepRefused(`${step.unit} cannot be started: it is ${load}`);
    context.remember({ begun: true } satisfies z.output<typeof memorySchema>);
    // npm puts nothing in the place of a link that is not its own.
    if (!(await isNpms(host, config))) await handOver(host, config, step.from);
    const since = host.clock.now();
    context.event('info', { type: 'command', argv: ['systemctl', 'start', step.unit] });
    const started = host.units.act('start', step.unit, step.timeout + config.limits.stopTimeout).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    );
    return { result: await outcomeOf(context, step, since, started) };
  },

  async recover(context, step) {
    // It died before it did anything.
    if (!memorySchema.safeParse(context.remembered()).success) return undefined;
    try {
      // It has a life of its own: what it is in the middle of is waited for.
      const since = context.host.clock.now();
      return { result: await outcomeOf(context, step, since, Promise.resolve(undefined)) };
    } catch (error) {
      context.event('warning', {
        type: 'text',
        text: error instanceof Error ? error.message : String(error),
      });
    }
    await leadBack(context, step);
    return undefined;
  },

  undo: leadBack,
  undoWhenLost: () => true,
};

/** What is there was judged, and is what it was then. */
async function requireWhole(context: StepContext, version: string): Promise<void> {
  const prefix = prefixOf(context.config, version);
  const bits = await bitsOf(context, prefix);
  if (bits?.unchanged !== true)
    throw new StepRefused(`${prefix} does not hold what was fetched: fetch it anew (preflight ${version})`);
}

/**
 * Wait for the end of the script, telling its lines, and see what it has made of the host.
 *
 * @param since From when on its lines are told.
 * @param started Resolves when its supervisor has started it, and to why it could not.
 * @throws why the version is not installed as it should be
 */
async function outcomeOf(
  context: StepContext,
  step: EnforceStep,
  since: number,
  started: Promise<Error | undefined>,
): Promise<EnforceResult> {
  const { host } = context;
  const restarted = new Set<string>();
  const deferred = new Set<string>();
  let said: string | undefined;
  const follower = host.unitJournal.follow(step.unit, since, (record) => {
    const text = excerpt(record.text ?? '');
    if (text === '') return;
    const line = parseEnforcerLine(text);
    if (line?.kind === 'restarted') restarted.add(line.unit);
    if (line?.kind === 'deferring') deferred.add(line.unit);
    // What went wrong first says more than what it did about that.
    if (line?.kind === 'health check failed' || said === undefined || !said.startsWith('HEALTH-CHECK'))
      said = text;
    context.event(line?.kind === 'health check failed' ? 'warning' : 'info', { type: 'output', text });
  });
  let end: UnitState;
  try {
    end = await untilEnded(context, step, started);
  } finally {
    await follower.finish();
  }
  const words = said === undefined ? '' : `: ${said}`;
  if (end.active === 'failed' || end.result !== 'success')
    throw new Error(`${step.unit} failed (${end.result})${words}`);
  const now = await context.binaries.installed();
  if (!('version' in now) || now.version !== step.to)
    throw new Error(
      `${step.unit} ended well, and ${'version' in now ? now.version : now.problem} is installed${words}`,
    );
  await requireJudgedBits(context, step);
  return { version: now.version, restarted: [...restarted], deferred: [...deferred] };
}

async function untilEnded(
  context: StepContext,
  step: EnforceStep,
  started: Promise<Error | undefined>,
): Promise<UnitState> {
  const { host, config } = context;
  const deadline = host.clock.monotonic() + step.timeout;
  let begun = false;
  let refusal: Error | undefined;
  void started.then((problem) => {
    begun = true;
    refusal = problem;
  });
  for (;;) {
    // Asked before the unit is: one that is not started yet is as stopped as one that has ended.
    const hasBegun = begun;
    const now = await unitOf(context, step.unit);
    if (hasBegun && isStopped(now)) {
      if (refusal !== undefined && now.active !== 'failed') throw refusal;
      return now;
    }
    if (host.clock.monotonic() > deadline) {
      await host.units.act('stop', step.unit, config.limits.stopTimeout);
      throw new Error(`${step.unit} did not end within ${durationWords(step.timeout)}, and was stopped`);
    }
    await delay(interval);
  }
}

/** Guarantee: what was judged is what is installed. Another package under the same number is another program. */
async function requireJudgedBits({ host, config }: StepContext, step: EnforceStep): Promise<void> {
  const place = globalPackage(config);
  if ('problem' in place) throw new Error(place.problem);
  const judged = path.join(prefixOf(config, step.to), 'lib/node_modules', config.package);
  const [is, was] = await Promise.all([host.trees.digest(place.folder), host.trees.digest(judged)]);
  if (is !== was)
    throw new Error(`${step.unit} has installed another ${step.to} than the one that was judged (${judged})`);
}

/** The global t3 is the old one again, from its own prefix: neither the script nor npm is needed for that. */
async function leadBack(context: StepContext, step: EnforceStep): Promise<void> {
  if (!memorySchema.safeParse(context.remembered()).success) return;
  const { host, config } = context;
  if (!isStopped(await unitOf(context, step.unit)))
    await host.units.act('stop', step.unit, config.limits.stopTimeout);
  // A job that has failed is looked into by people; that it did is in the journal, and not to be told for ever.
  await host.units.act('reset-failed', step.unit, config.limits.commandTimeout);
  const now = await context.binaries.installed();
  if (!('version' in now) || now.version !== step.from) await handOver(host, config, step.from);
  const after = await context.binaries.installed();
  if (!('version' in after) || after.version !== step.from)
    throw new Error(
      `${config.paths.binary} was led back, and is ${'version' in after ? after.version : after.problem}`,
    );
}
