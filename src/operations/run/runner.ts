import * as z from 'zod';
import type { Config } from '../../config/schema.ts';
import { systemClock } from '../../host/clock.ts';
import { openHost } from '../../host/host.ts';
import { takeHostLock } from '../../host/lock.ts';
import { runnerCookieVariable } from '../../host/runners.ts';
import { openJournal, lockPath } from '../../journal/journal.ts';
import { readOperation, readOperationDocuments } from '../../journal/operations.ts';
import {
  Recorder,
  forgetOldOperations,
  recordOutcome,
  recordPlace,
  recordStopRequest,
} from '../../journal/recorder.ts';
import type { OperationRecord } from '../../journal/records.ts';
import { Binaries } from '../../t3/binaries.ts';
import { excerpt } from '../../text/printable.ts';
import { execute } from './executor.ts';
import { planSchema, requestSchema, type Plan } from '../plan.ts';
import { NeedsDecision } from '../errors.ts';
import { disrupts, holdTimers, releaseTimers } from './hold.ts';
import { movesVersions, prepareMoving } from './version-move.ts';
import { OperationInTheWay, recoverCutOff, type Recovering } from './recovery.ts';

/** How long to wait for the host lock, in seconds: for a runner that has its outcome and is about to end. */
const lockPatience = 3;

/** How often a runner looks whether it was asked to stop, milliseconds. */
const stopInterval = 200;

/** The name under which the runner of an operation is launched, and by which its unit is called. */
export const runnerName = (operation: number): string => `t3-cockpit-${operation}`;

const argumentsSchema = z.tuple([z.string().startsWith('/'), z.coerce.number().int().positive()]);

/**
 * The runner: takes the host lock, clears up after operations that were cut off, and executes one recorded operation.
 * A process of its own, outside every session. What it does is in the journal; nobody reads its output.
 *
 * @param argv The state folder and the number of the operation.
 * @param open Opens the host: a test may put something between.
 */
export async function runOperation(argv: readonly string[], open = openHost): Promise<void> {
  const [state, id] = argumentsSchema.parse(argv);
  const durable = openJournal(state);
  const quick = openJournal(state, false);
  const operation = readOperation(durable, id);
  const documents = readOperationDocuments(durable, id);
  if (operation === undefined || documents === undefined)
    throw new Error(`there is no operation ${id} in ${state}`);
  requireUntaken(operation);
  // The operation carries the configuration that it was planned with.
  const config = documents.config as Config;
  const end = (outcome: 'failed' | 'refused', reason: string) =>
    recordOutcome(durable, systemClock, id, outcome, reason);

  const lock = await takeHostLock(lockPath(state), lockPatience);
  // What was read before the lock may be another runner's by now, should the same operation ever be given to two.
  const now = readOperation(durable, id);
  if (lock === undefined) {
    requireUntaken(now);
    return end('refused', 'another operation has the host');
  }
  try {
    requireUntaken(now);
  } catch (error) {
    lock.release();
    throw error;
  }
  const cookie = process.env[runnerCookieVariable];
  const host = open(config, lock.descriptor, cookie === undefined ? {} : { [runnerCookieVariable]: cookie });
  const recorder = new Recorder(durable, quick, host.clock, id);
  // Who started us may have died before it could write this down.
  recordPlace(durable, id, host.runners.here(runnerName(id)));
  const stop = new AbortController();
  const askedToStop = () => void recordStopRequest(durable, host.clock, id);
  process.on('SIGTERM', askedToStop);
  process.on('SIGINT', askedToStop);
  const watch = setInterval(() => {
    if (recorder.stopRequested()) stop.abort();
  }, stopInterval);
  try {
    const ready = await prepare(
      { host, config, durable, quick, except: id, ...decisionOf(documents.request) },
      documents.plan,
    );
    if ('refused' in ready) return end('refused', ready.refused);
    if ('failed' in ready) return end('failed', ready.failed);
    recorder.started();
    for (const earlier of ready.recovered) {
      recorder.event('warning', {
        type: 'text',
        text: `operation ${earlier} had been cut off: cleared up after it`,
      });
    }
    // What is thrown from here on leaves steps begun: the operation stays open, and the next runner clears up after it.
    const holds = disrupts(ready.plan);
    if (holds) await holdTimers(host, config, recorder);
    const execution = { host, config, recorder, binaries: new Binaries(host, config), signal: stop.signal };
    const { outcome, reason } = movesVersions(ready.plan)
      ? await (await prepareMoving(ready.plan, execution)).forward()
      : await execute(ready.plan, execution);
    if (holds) await releaseTimers(host, config, recorder);
    recordOutcome(durable, host.clock, id, outcome, reason);
    forgetOldOperations(durable, config.journal.operations);
  } finally {
    clearInterval(watch);
    await host.close();
    lock.release();
    quick.close();
    durable.close();
  }
}

/** @throws when another runner has it, or had it: nothing is done twice. */
function requireUntaken(operation: OperationRecord | undefined): void {
  if (operation?.state !== 'requested') throw new Error(`operation ${operation?.id} was taken up before`);
}

/** What a request to recover has decided. */
function decisionOf(document: unknown): Pick<Recovering, 'decision'> {
  const request = requestSchema.safeParse(document).data;
  return request?.kind === 'recover' ? { decision: { operation: request.operation, way: request.way } } : {};
}

/** All that comes before the first step of this operation. */
async function prepare(
  recovering: Recovering,
  document: unknown,
): Promise<{ plan: Plan; recovered: number[] } | { refused: string } | { failed: string }> {
  const plan = planSchema.safeParse(document);
  if (!plan.success) return { failed: 'its plan was not written by this version of t3-cockpit' };
  try {
    return { plan: plan.data, recovered: await recoverCutOff(recovering) };
  } catch (error) {
    const words = excerpt(error instanceof Error ? error.message : String(error));
    return error instanceof OperationInTheWay || error instanceof NeedsDecision
      ? { refused: words }
      : { failed: `clearing up after an earlier operation failed: ${words}` };
  }
}
