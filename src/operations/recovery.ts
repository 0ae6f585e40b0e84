import type { Host } from '../host/host.ts';
import type { Sqlite } from '../host/sqlite.ts';
import { openOperations, readOperationDocuments, readSteps } from '../journal/operations.ts';
import { Recorder, recordOutcome } from '../journal/recorder.ts';
import type { OperationRecord, StepRecord } from '../journal/records.ts';
import type { Config } from '../config/schema.ts';
import { SpaceLedger } from '../snapshots/space.ts';
import { Binaries } from '../t3/binaries.ts';
import { contextOf, recoverStep } from './executor.ts';
import { planSchema } from './plan.ts';

/** How long an operation that was just written down may take to tell where its runner is, milliseconds. */
const launchGrace = 30_000;

/** What has become of an operation that has no outcome yet. */
export type Standing = 'running' | 'starting' | 'cut off';

/**
 * Is an operation's runner, or any orphan of it, still alive?
 *
 * @throws when that cannot be told; it must then be taken for running.
 */
export async function standingOf(operation: OperationRecord, host: Host): Promise<Standing> {
  if (operation.place !== undefined)
    return (await host.runners.lives(operation.place)) ? 'running' : 'cut off';
  return host.clock.now() - operation.requestedAt < launchGrace ? 'starting' : 'cut off';
}

/** Somebody else's operation stands in the way; says which, and why. */
export class OperationInTheWay extends Error {
  override readonly name = 'OperationInTheWay';
  readonly operation: number;

  constructor(operation: OperationRecord, words: string) {
    super(`operation ${operation.id} (${operation.kind}) ${words}`);
    this.operation = operation.id;
  }
}

/** An operation that was cut off, and how far it had come. */
export interface CutOff {
  operation: OperationRecord;
  steps: StepRecord[];
}

/** The operations that were cut off, oldest first: the first thing that anybody is to be told. */
export async function cutOffOperations(journal: Sqlite, host: Host): Promise<CutOff[]> {
  const found: CutOff[] = [];
  for (const operation of openOperations(journal)) {
    try {
      if ((await standingOf(operation, host)) !== 'cut off') continue;
    } catch {
      // Nobody answers for its runner: then nobody may say that it is dead.
      continue;
    }
    found.push({ operation, steps: readSteps(journal, operation.id) });
  }
  return found;
}

export interface Recovering {
  host: Host;
  config: Config;
  durable: Sqlite;
  quick: Sqlite;
  /** The operation that has the host now, if any: it is not looked at. */
  except?: number;
}

/**
 * Bring every operation that was cut off to an outcome: unfinished steps are cleared up, or found to have happened. The
 * caller holds the host lock.
 *
 * @returns the operations recovered.
 * @throws OperationInTheWay when something of one still lives.
 */
export async function recoverCutOff(recovering: Recovering): Promise<number[]> {
  const { host, durable, except } = recovering;
  const recovered: number[] = [];
  for (const operation of openOperations(durable)) {
    if (operation.id === except) continue;
    const standing = await standingOf(operation, host);
    // It waits for the lock that we hold, and will be told so.
    if (operation.state === 'requested' && standing !== 'cut off') continue;
    if (standing !== 'cut off')
      throw new OperationInTheWay(operation, 'was cut off, but processes of it still live');
    await recoverOperation(operation, recovering);
    recovered.push(operation.id);
  }
  return recovered;
}

async function recoverOperation(
  operation: OperationRecord,
  { host, config, durable, quick }: Recovering,
): Promise<void> {
  const recorder = new Recorder(durable, quick, host.clock, operation.id);
  const documents = readOperationDocuments(durable, operation.id);
  const parsed = planSchema.safeParse(documents?.plan);
  if (!parsed.success) {
    recordOutcome(
      durable,
      host.clock,
      operation.id,
      'interrupted',
      'the runner died; its plan cannot be read, nothing was cleared up',
    );
    return;
  }
  const plan = parsed.data;
  const begun = new Map(
    readSteps(durable, operation.id)
      .filter((step) => step.state === 'started')
      .map((step) => [step.id, step.undo]),
  );
  const accounts = await host.accounts.byName(plan.lanes.map((lane) => lane.user));
  const execution = {
    host,
    config,
    recorder,
    binaries: new Binaries(host, config),
    signal: new AbortController().signal,
  };
  const unfinished: string[] = [];
  for (const step of plan.lanes.flatMap((lane) => lane.steps).filter((each) => begun.has(each.id))) {
    const account = accounts.get(step.user);
    if (account === undefined) {
      recorder.stepEnded(step, {
        state: 'failed',
        reason: 'cut off, and the OS user is gone: nothing was cleared up',
      });
      unfinished.push(step.user);
      continue;
    }
    const outcome = await recoverStep(
      step,
      contextOf(step, account, new SpaceLedger(), execution, begun.get(step.id)),
      recorder,
      'interrupted',
      'the runner died',
    );
    if (outcome !== 'succeeded') unfinished.push(step.user);
  }
  const words = unfinished.length === 0 ? '' : `; cleared up for ${unfinished.join(', ')}`;
  recordOutcome(durable, host.clock, operation.id, 'interrupted', `the runner died${words}`);
}
