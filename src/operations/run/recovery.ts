import { bootId } from '../../host/clock.ts';
import type { Host } from '../../host/host.ts';
import type { Sqlite } from '../../host/sqlite.ts';
import { openOperations, readHeld, readOperationDocuments, readSteps } from '../../journal/operations.ts';
import { Recorder, recordOutcome } from '../../journal/recorder.ts';
import type { OperationRecord } from '../../journal/records.ts';
import { joinSessions } from '../../journal/sessions.ts';
import { expand } from '../../config/expand.ts';
import type { Config } from '../../config/schema.ts';
import { SpaceLedger } from '../../snapshots/space.ts';
import { Binaries } from '../../t3/binaries.ts';
import { excerpt } from '../../text/printable.ts';
import { accountsOf, type AccountOf } from './accounts.ts';
import { isUndecided, standingOf } from '../cut-off.ts';
import { NeedsDecision } from '../errors.ts';
import {
  contextOf,
  goBack,
  judge,
  recoverStep,
  runLane,
  type Ended,
  type Execution,
  type LaneOutcome,
  type LaneRun,
} from './executor.ts';
import { freezeNow } from '../guards/freeze.ts';
import { holdTimers, releaseTimers } from './hold.ts';
import { planSchema, type Plan, type Request, type Step } from '../plan.ts';
import { movesVersions, prepareMoving } from './version-move.ts';
import { stepKind } from '../steps/index.ts';
import { Lane } from '../steps/step.ts';

/** What is to become of an operation that was cut off. */
export type Way = Extract<Request, { kind: 'recover' }>['way'];

/** Somebody else's operation stands in the way; says which, and why. */
export class OperationInTheWay extends Error {
  override readonly name = 'OperationInTheWay';
  readonly operation: number;

  constructor(operation: OperationRecord, words: string) {
    super(`operation ${operation.id} (${operation.kind}) ${words}`);
    this.operation = operation.id;
  }
}

export interface Recovering {
  host: Host;
  config: Config;
  durable: Sqlite;
  quick: Sqlite;
  /** The operation that has the host now, if any: it is not looked at. */
  except?: number;
  /** What was decided, and for which operation; without one, for all. */
  decision?: { operation: number | undefined; way: Way };
}

/**
 * Bring every operation that was cut off to an outcome: unfinished steps are cleared up, or found to have happened. One
 * that has stopped a server or replaced a database is taken on, or back, as somebody has decided. The caller holds the
 * host lock.
 *
 * @returns the operations recovered.
 * @throws OperationInTheWay when something of one still lives; NeedsDecision when nobody has decided about one.
 */
export async function recoverCutOff(recovering: Recovering): Promise<number[]> {
  const { host, durable, except, decision } = recovering;
  const recovered: number[] = [];
  const cutOff: OperationRecord[] = [];
  for (const operation of openOperations(durable)) {
    if (operation.id === except) continue;
    const standing = await standingOf(operation, host);
    // It waits for the lock that we hold, and will be told so.
    if (operation.state === 'requested' && standing !== 'cut off') continue;
    if (standing !== 'cut off')
      throw new OperationInTheWay(operation, 'was cut off, but processes of it still live');
    cutOff.push(operation);
  }
  const meant = (id: number) => decision?.operation === undefined || decision.operation === id;
  const open = cutOff.find(
    ({ id }) =>
      isUndecided(readSteps(durable, id)) &&
      !(decision !== undefined && decision.way !== 'clear up' && meant(id)),
  );
  if (open !== undefined) throw new NeedsDecision(open.id, open.kind);
  for (const operation of cutOff) {
    const undecided = isUndecided(readSteps(durable, operation.id));
    await recoverOperation(
      operation,
      recovering,
      undecided && decision !== undefined ? decision.way : 'clear up',
    );
    recovered.push(operation.id);
  }
  await releaseForgotten(recovering);
  return recovered;
}

/** Timers that an ended operation could not start again. */
async function releaseForgotten({ host, config, durable, quick, except }: Recovering): Promise<void> {
  for (const { operation } of readHeld(durable)) {
    if (operation !== except)
      await releaseTimers(host, config, new Recorder(durable, quick, host.clock, operation));
  }
}

async function recoverOperation(operation: OperationRecord, recovering: Recovering, way: Way): Promise<void> {
  const { host, config, durable, quick, except } = recovering;
  const recorder = new Recorder(durable, quick, host.clock, operation.id);
  const end = (outcome: LaneOutcome, reason: string | undefined) =>
    recordOutcome(durable, host.clock, operation.id, outcome, reason);
  const parsed = planSchema.safeParse(readOperationDocuments(durable, operation.id)?.plan);
  if (!parsed.success)
    return end('interrupted', 'the runner died; its plan cannot be read, nothing was cleared up');
  if (way === 'abandon') {
    await releaseTimers(host, config, recorder);
    const frozen = (await freezeNow(host, config))?.operation === operation.id;
    const words = 'abandoned: everything was left as the runner left it when it died';
    return end('failed', frozen ? `${words}; versions stay frozen: t3-cockpit unfreeze` : words);
  }
  const plan = parsed.data;
  const execution: Execution = {
    host,
    config,
    recorder,
    binaries: new Binaries(host, config),
    signal: new AbortController().signal,
  };
  if (except !== undefined) joinSessions(durable, except, operation.id);
  const accountOf = await accountsOf(plan, host);
  if (way !== 'clear up') await holdTimers(host, config, recorder);
  if (movesVersions(plan) && way !== 'clear up') {
    const ended = await recoverRollout(plan, accountOf, execution, way);
    await tidyHostFiles(plan, execution);
    await releaseTimers(host, config, recorder);
    return end(
      ended.outcome,
      `the runner died; ${way === 'resume' ? 'resumed' : 'taken back'}${ended.reason === undefined ? '' : `: ${ended.reason}`}`,
    );
  }
  const outcomes: LaneOutcome[] = [];
  const unfinished: string[] = [];
  for (const lane of plan.lanes) {
    const outcome = await recoverLane(lane, accountOf, execution, way, operation);
    outcomes.push(outcome);
    if (
      outcome !== 'succeeded' &&
      readSteps(durable, operation.id).some(
        (step) => step.startedAt !== undefined && lane.steps.some(({ id }) => id === step.id),
      )
    )
      unfinished.push(lane.user ?? 'the host');
  }
  if (movesVersions(plan)) await tidyHostFiles(plan, execution);
  await releaseTimers(host, config, recorder);
  if (way === 'clear up') {
    const words = unfinished.length === 0 ? '' : `; cleared up for ${unfinished.join(', ')}`;
    return end('interrupted', `the runner died${words}`);
  }
  const { outcome, reason } = judge(outcomes, false);
  const what =
    outcome === 'succeeded' && way === 'roll back'
      ? `everything had been done; to take it back: t3-cockpit undo ${operation.id}`
      : way === 'resume'
        ? 'resumed'
        : 'taken back';
  end(outcome, `the runner died; ${what}${reason === undefined ? '' : `: ${reason}`}`);
}

/** What the runner was writing for the host's scripts when it died; its file is the old one still. */
async function tidyHostFiles({ lanes }: Plan, { host, config: { paths } }: Execution): Promise<void> {
  const users = new Set(lanes.flatMap(({ user }) => user ?? []));
  const deferrals = [...users].map((user) => expand(paths.deferral, { user }));
  for (const file of [paths.freeze, paths.lastGood, ...deferrals])
    if (file !== null) await host.files.tidy(file);
}

/** A bump, or a rollback, that was cut off: what was begun is settled first, then all of it goes on, or back. */
async function recoverRollout(
  plan: Plan,
  accountOf: AccountOf,
  execution: Execution,
  way: Way,
): Promise<Ended> {
  const { recorder } = execution;
  const records = recordsOf(recorder);
  for (const lane of plan.lanes) {
    const run: LaneRun = {
      steps: lane.steps,
      independent: false,
      accountOf,
      space: new SpaceLedger(),
      lane: new Lane(),
      execution,
    };
    for (const step of lane.steps) {
      const record = records.find(({ id }) => id === step.id);
      if (record?.state !== 'started') continue;
      const { stuck } = await recoverStep(
        step,
        contextOf(step, run, record.undo),
        recorder,
        'interrupted',
        'the runner died',
      );
      if (stuck === true) throw new Error(`${step.title}: it is not known how far it got`);
    }
    await run.lane.release();
  }
  const moving = await prepareMoving(plan, execution);
  return (way === 'resume' && !moving.turned) || moving.settled
    ? moving.forward()
    : moving.backward('it was cut off', 'interrupted');
}

/** One user's part in an operation that was cut off: to its end, or to where it began. */
async function recoverLane(
  { user, steps, independent = false }: Plan['lanes'][number],
  accountOf: AccountOf,
  execution: Execution,
  way: Way,
  operation: OperationRecord,
): Promise<LaneOutcome> {
  const { recorder } = execution;
  const stateOf = (step: Step) => recordsOf(recorder).find(({ id }) => id === step.id);
  const begun = steps.filter((step) => stateOf(step)?.state === 'started');
  if (steps.some((step) => accountOf(step) === undefined)) {
    for (const step of begun)
      recorder.stepEnded(step, {
        state: 'failed',
        reason: 'cut off, and the OS user is gone: nothing was cleared up',
      });
    return begun.length === 0 ? 'interrupted' : 'failed';
  }
  const run: LaneRun = {
    steps,
    independent,
    accountOf,
    space: new SpaceLedger(),
    lane: new Lane(),
    execution,
  };
  let lost = false;
  for (const step of begun) {
    const undo = stateOf(step)?.undo;
    const { stuck } = await recoverStep(
      step,
      contextOf(step, run, undo),
      recorder,
      'interrupted',
      'the runner died',
    );
    lost ||= stuck === true;
  }
  const succeeded = steps.filter((step) => stateOf(step)?.state === 'succeeded');
  const gaveUp = steps.some((step) => {
    const state = stateOf(step)?.state;
    return state === 'failed' || state === 'refused' || state === 'undone';
  });
  try {
    if (lost) return await goBack(run, succeeded, 'failed', true);
    // It died between its last action and its last word.
    if (succeeded.length === steps.length) return 'succeeded';
    // Nothing that anybody would notice; but what a step has laid down for the next one is taken away.
    if (way === 'clear up') return await goBack(run, succeeded, 'interrupted');
    if (way === 'resume' && !gaveUp) return await runLane(run, await stillDone(succeeded, run));
    refuseAfterReboot(operation, succeeded, user ?? 'the host');
    return (await goBack(run, succeeded, 'interrupted')) === 'failed' ? 'failed' : 'rolled back';
  } finally {
    await run.lane.release();
  }
}

const recordsOf = (recorder: Recorder) => readSteps(recorder.durable, recorder.operation);

/**
 * The steps that are done, as far as they still are: a reboot takes the mask away, and systemd starts the server on
 * whichever database is there. What a later step has built on stays done.
 */
async function stillDone(succeeded: readonly Step[], run: LaneRun): Promise<Step[]> {
  for (const [index, step] of succeeded.entries()) {
    const kind = stepKind(step);
    const later = succeeded.slice(index + 1).some((each) => stepKind(each).disrupts === true);
    if (kind.holds === undefined || later) continue;
    const undo = recordsOf(run.execution.recorder).find(({ id }) => id === step.id)?.undo;
    if (!(await kind.holds(contextOf(step, run, undo), step))) return succeeded.slice(0, index);
  }
  return [...succeeded];
}

/**
 * After a reboot the server has run on the database that was there. If that is the new one, it is live, and there may
 * be work in it: it is not taken back like a moment's attempt, but by an undo, with its guards.
 */
function refuseAfterReboot(operation: OperationRecord, succeeded: readonly Step[], user: string): void {
  if (operation.place?.boot === bootId() || !succeeded.some((step) => step.kind === 'replace')) return;
  throw new Error(
    excerpt(
      `the machine was restarted since, and ${user}’s server runs on the restored database: ` +
        `t3-cockpit operations resume ${operation.id}, then t3-cockpit undo ${operation.id}`,
    ),
  );
}
