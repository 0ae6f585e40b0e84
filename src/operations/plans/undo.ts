import type { Config } from '../../config/schema.ts';
import type { Fleet } from '../../fleet/fleet.ts';
import { valueOf } from '../../fleet/observation.ts';
import type { Sqlite } from '../../host/sqlite.ts';
import { operationsOfUser, readOperation, readSteps } from '../../journal/operations.ts';
import type { StepRecord } from '../../journal/records.ts';
import { chosenInstances, isCalled } from './choice.ts';
import { Refused, UsageProblem } from '../errors.ts';
import { workSince } from '../guards/work-since.ts';
import type { Naming } from './lane.ts';
import type { Plan, Request } from '../plan.ts';
import { planReplacement, type LiveWork } from './restore.ts';
import { whyNot } from './snapshot-choice.ts';
import type { ReplaceResult } from '../steps/replace.ts';
import type { StageResult } from '../steps/stage.ts';

/** What an operation replaced of one user, and what by: enough to take it back; or why there is no way. */
export type Undoable = { user: string } & (
  { kept: NonNullable<ReplaceResult['kept']>; staged: StageResult } | { reason: string }
);

/** More operations of one user than ever lie between a restore and its undo. */
const farEnough = 10_000;

/**
 * What there is to undo about an operation, by users: of a rollback there may be many.
 *
 * @param only These users; all, when absent.
 * @throws UsageProblem when there is no such operation, or none that replaced anything; Refused when it has not ended.
 */
export function undoable(
  journal: Sqlite | undefined,
  id: number,
  only: readonly string[] | undefined,
): Undoable[] {
  const operation = journal === undefined ? undefined : readOperation(journal, id);
  if (journal === undefined || operation === undefined) throw new UsageProblem(`there is no operation ${id}`);
  const steps = readSteps(journal, id);
  const replaced = steps.filter(
    ({ kind, user }) => kind === 'replace' && user !== undefined && (only?.includes(user) ?? true),
  );
  if (replaced.length === 0)
    throw new UsageProblem(
      `operation ${id} (${operation.kind}) replaced no database${only === undefined ? '' : ` of ${only.join(', ')}`}: there is nothing to undo`,
    );
  if (operation.state !== 'ended') throw new Refused(`operation ${id} has not ended`);
  return replaced.map((step) => undoableOf(journal, id, step, steps));
}

function undoableOf(
  journal: Sqlite,
  id: number,
  replaced: StepRecord,
  steps: readonly StepRecord[],
): Undoable {
  const user = replaced.user ?? '';
  const no = (reason: string): Undoable => ({ user, reason });
  if (replaced.state !== 'succeeded')
    return no(`operation ${id} replaced nothing in the end (${replaced.state}): there is nothing to undo`);
  const later = operationsOfUser(journal, user, farEnough).find(
    ({ operation: other, steps: own }) =>
      other.id > id && own.some(({ kind, state }) => kind === 'replace' && state === 'succeeded'),
  );
  if (later !== undefined)
    return no(`operation ${later.operation.id} has replaced ${user}’s database since: undo that one first`);
  const { kept } = replaced.result as ReplaceResult;
  const staged = steps.find((step) => step.kind === 'stage' && step.user === user)?.result as
    StageResult | undefined;
  if (kept === null || staged === undefined)
    return no(`there was no database before operation ${id}: there is nothing to go back to`);
  return kept.whole
    ? { user, kept, staged }
    : no(
        `what operation ${id} replaced was damaged, and was kept as it was: ${kept.folder}/${kept.file} (docs/recovering-by-hand.md)`,
      );
}

/** What an undo is planned with beyond the fleet. */
export interface Undoing {
  naming: Naming;
  /** How much work each of them has now. */
  live: ReadonlyMap<string, LiveWork>;
}

/**
 * Plan to put back what an operation replaced: a restore of each `prerestore` snapshot (guarantee 4), unless work has been
 * done since that it would lose. Of several users, those are left out for whom there is no way.
 */
export function planUndo(
  fleet: Fleet,
  config: Config,
  request: Extract<Request, { kind: 'undo' }>,
  undoing: Undoing,
  journal: Sqlite | undefined,
): Plan {
  const found = undoable(journal, request.operation, request.users);
  const plans: Plan[] = [];
  const leftOut: Plan['leftOut'] = [];
  for (const each of found) {
    try {
      if ('reason' in each) throw new Refused(each.reason);
      plans.push(planUndoOf(fleet, config, request, undoing, each));
    } catch (error) {
      if (!(error instanceof Refused) || found.length === 1) throw error;
      leftOut.push({ user: each.user, reason: error.message, harmless: false });
    }
  }
  const consents = plans.flatMap(({ consent }) => consent ?? []);
  return {
    kind: 'undo',
    lanes: plans.flatMap(({ lanes }) => lanes),
    leftOut,
    parallel: 1,
    notes: [`undoes operation ${request.operation}`, ...new Set(plans.flatMap(({ notes }) => notes))],
    consent: {
      word: consents.map(({ word }) => word).join(' '),
      because: consents.flatMap(({ because }) => because),
      interrupts: consents.some(({ interrupts }) => interrupts),
    },
  };
}

function planUndoOf(
  fleet: Fleet,
  config: Config,
  { operation, interruptTurn }: Extract<Request, { kind: 'undo' }>,
  { naming, live }: Undoing,
  { user, kept, staged }: Extract<Undoable, { kept: object }>,
): Plan {
  const [instance] = chosenInstances(fleet, [user]);
  if (instance === undefined) throw new Refused(`${user} is not in the user map any more`);
  const entry = valueOf(instance.snapshots)?.find((each) => isCalled(each, `${kept.folder}/${kept.file}`));
  const reason = entry === undefined ? 'it is gone' : whyNot(entry);
  if (entry === undefined || reason !== undefined)
    throw new Refused(
      `${kept.folder}/${kept.file}, which operation ${operation} kept, cannot be restored: ${reason}`,
    );
  const now = live.get(user) ?? { problem: 'it was not looked at' };
  if ('problem' in now)
    throw new Refused(
      `cannot tell what ${user} has done since: ${now.problem}. ${otherwise(user, kept.file)}`,
    );
  const since = workSince(staged.facts.work, now);
  if (since !== undefined)
    throw new Refused(
      `${user} has done work since operation ${operation}, which an undo would lose: ${since}. ${otherwise(user, kept.file)}`,
    );
  return planReplacement(fleet, config, instance, entry, {
    naming,
    live: now,
    kind: 'undo',
    interruptTurn,
    unlessWorkSince: staged.facts.work,
  });
}

/** What is possible instead. */
function otherwise(user: string, file: string): string {
  return `What is there now would be kept, too, by a restore: t3-cockpit restore ${user} --snapshot ${file}`;
}
