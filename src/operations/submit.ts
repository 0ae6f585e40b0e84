import { randomBytes } from 'node:crypto';
import os from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../config/schema.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Host } from '../host/host.ts';
import { callerName, loginUid } from '../host/invocation.ts';
import { entryCommand } from '../host/program.ts';
import type { Sqlite } from '../host/sqlite.ts';
import { JournalProblem, openJournal } from '../journal/journal.ts';
import { openOperations, readOperation, readSteps } from '../journal/operations.ts';
import type { SessionMember } from '../journal/sessions.ts';
import { recordOperation, recordOutcome, recordPlace } from '../journal/recorder.ts';
import { automatic, type Actor, type OperationRecord } from '../journal/records.ts';
import { planBackup } from './plans/backup.ts';
import { planBump, type BumpFacts } from './plans/bump.ts';
import { planFreeze } from './plans/freeze.ts';
import { planLauncher } from './plans/launcher.ts';
import { planPreflight } from './plans/preflight.ts';
import { planProbe } from './plans/probe.ts';
import { planPrune } from './plans/prune.ts';
import { NeedsDecision, NothingToDo, Refused } from './errors.ts';
import { mayChange } from './guards/read-only.ts';
import type { Plan, Request } from './plan.ts';
import { planDrain } from './plans/drain.ts';
import { planRestart } from './plans/restart.ts';
import { planRestore, type LiveWork } from './plans/restore.ts';
import { planRollback, type RollbackFacts } from './plans/rollback.ts';
import { planUndo } from './plans/undo.ts';
import { isCutOff, isUndecided } from './cut-off.ts';
import { runnerName } from './run/runner.ts';
import { requestStop } from './plans/stop.ts';
import { planVerifySnapshots } from './plans/verify-snapshots.ts';

/** What some plans need beyond the fleet. */
export interface PlanningFacts {
  /** How much work there is in each database that would be replaced. */
  live?: ReadonlyMap<string, LiveWork>;
  journal: Sqlite | undefined;
  /** What the package source says of the version that is asked for. */
  candidate?: BumpFacts;
  /** What there is to go back to, and what would be given up. */
  rollback?: RollbackFacts;
}

/** Everything an operation would do, and nothing done. @throws UsageProblem */
export function planOperation(
  fleet: Fleet,
  config: Config,
  request: Request,
  now: number,
  { live, journal, candidate, rollback }: PlanningFacts,
): Plan {
  const naming = { now, tail: randomBytes(4).toString('hex') };
  switch (request.kind) {
    case 'backup':
      return planBackup(fleet, config, request, naming);
    case 'restore':
      return planRestore(fleet, config, request, {
        naming,
        live: live?.get(request.user) ?? { problem: 'it was not looked at' },
      });
    case 'undo':
      return planUndo(fleet, config, request, { naming, live: live ?? new Map() }, journal);
    case 'restart':
      return planRestart(fleet, config, request, naming, wayBack(rollback));
    case 'drain':
      return planDrain(fleet, config, naming, wayBack(rollback));
    case 'probe':
    case 'verify':
      return planProbe(fleet, config, request);
    case 'verify-snapshots':
      return planVerifySnapshots(fleet, config, request, naming.tail);
    case 'recover':
      return {
        kind: 'recover',
        lanes: [],
        leftOut: [],
        parallel: 1,
        notes: ['clear up after what was cut off'],
      };
    case 'prune':
      return planPrune(fleet, config, request, now);
    case 'preflight':
      if (candidate === undefined) throw new Refused('the package source was not asked');
      return planPreflight(fleet, config, naming, candidate);
    case 'bump':
      if (candidate === undefined) throw new Refused('the package source was not asked');
      return planBump(fleet, config, request, naming, candidate);
    case 'rollback':
      return planRollback(fleet, config, request, naming, wayBack(rollback));
    case 'freeze':
      return planFreeze(config, request);
    case 'launcher':
      return planLauncher(fleet, config, request);
  }
}

function wayBack(facts: RollbackFacts | undefined): RollbackFacts {
  if (facts === undefined) throw new Refused('what there is to go back to was not looked at');
  return facts;
}

/** Who is asking, as far as this process can tell. */
export function currentActor(
  surface: string,
  environment: Readonly<Record<string, string | undefined>>,
): Actor {
  const { username, uid } = os.userInfo();
  const [sudoUser, login] = [callerName(environment), loginUid()];
  return {
    user: username,
    uid,
    surface,
    pid: process.pid,
    ...(sudoUser === undefined ? {} : { sudoUser }),
    ...(login === undefined ? {} : { loginUid: login }),
  };
}

/**
 * Write an operation down and start its runner. Resolves as soon as the runner has been started; what becomes of the
 * operation is in the journal.
 *
 * @returns the number of the operation.
 * @throws Refused when it would not be allowed to run; nothing is recorded then.
 */
export async function submit(
  host: Host,
  config: Config,
  request: Request,
  plan: Plan,
  actor: Actor,
  session: readonly SessionMember[],
): Promise<number> {
  // The runner asks again: this is only the earlier, cheaper no.
  const verdict = mayChange(config);
  if (!verdict.holds) throw new Refused(verdict.reason);
  const journal = openForRequest(config.paths.state);
  try {
    const running: OperationRecord[] = [];
    for (const operation of openOperations(journal)) {
      if (!(await isCutOff(operation, journal, host))) running.push(operation);
      else if (request.kind !== 'recover' && isUndecided(readSteps(journal, operation.id)))
        throw new NeedsDecision(operation.id, operation.kind);
    }
    // That may be so for want of the decision: whom a restore was cut off with is stopped, and has nothing to be probed.
    if (plan.lanes.length === 0 && request.kind !== 'recover') throw new NothingToDo(plan.leftOut);
    for (const operation of running) {
      if (readOperation(journal, operation.id)?.state === 'ended') continue;
      if (actor.surface !== automatic && (await makesWay(operation, journal, host, config))) continue;
      throw new Refused(
        `operation ${operation.id} (${operation.kind}) is running; follow it with: t3-cockpit operations ${operation.id} --follow`,
      );
    }
    const id = recordOperation(journal, host.clock, {
      kind: request.kind,
      request,
      plan,
      config,
      actor,
      steps: plan.lanes.flatMap((lane) => lane.steps),
      session,
    });
    try {
      const place = await host.runners.launch(
        runnerName(id),
        entryCommand('runner', config.paths.state, String(id)),
        entryCommand('aftercare', config.paths.state, String(id)),
      );
      recordPlace(journal, id, place);
    } catch (error) {
      recordOutcome(
        journal,
        host.clock,
        id,
        'failed',
        error instanceof Error ? error.message : String(error),
      );
      throw error;
    }
    return id;
  } finally {
    journal.close();
  }
}

/** How long an operation that nobody asked for may take to stop, milliseconds. */
const yieldPatience = 45_000;

/** An operation that nobody asked for is stopped for one that somebody does. @returns whether it has ended */
async function makesWay(
  operation: OperationRecord,
  journal: Sqlite,
  host: Host,
  config: Config,
): Promise<boolean> {
  if (operation.actor.surface !== automatic) return false;
  requestStop(config, host.clock, operation.id);
  const deadline = host.clock.monotonic() + yieldPatience;
  while (readOperation(journal, operation.id)?.state !== 'ended') {
    if (host.clock.monotonic() > deadline) return false;
    await delay(100);
  }
  return true;
}

/** Who may not write the journal may not change the host either. */
function openForRequest(state: string): Sqlite {
  try {
    return openJournal(state);
  } catch (error) {
    if (error instanceof JournalProblem && error.kind === 'denied')
      throw new Refused(`${error.message}; run it as root (sudo t3-cockpit …)`);
    throw error;
  }
}
