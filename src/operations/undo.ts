import type { Config } from '../config/schema.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { valueOf } from '../fleet/observation.ts';
import type { Sqlite } from '../host/sqlite.ts';
import { operationsOfUser, readOperation, readSteps } from '../journal/operations.ts';
import { chosenInstances, isCalled } from './choice.ts';
import { Refused, UsageProblem } from './errors.ts';
import { workSince } from './guards/work-since.ts';
import type { Plan, Request } from './plan.ts';
import { planReplacement, type Replacing } from './restore.ts';
import { whyNot } from './snapshot-choice.ts';
import type { ReplaceResult } from './steps/replace.ts';
import type { StageResult } from './steps/stage.ts';

/** What an operation replaced, and what by: enough to take it back. */
export interface Undoable {
  user: string;
  kept: NonNullable<ReplaceResult['kept']>;
  staged: StageResult;
}

/** More operations of one user than ever lie between a restore and its undo. */
const farEnough = 10_000;

/**
 * What there is to undo about an operation.
 *
 * @throws UsageProblem when there is no such operation, or none that replaced anything; Refused when there is no way back.
 */
export function undoable(journal: Sqlite | undefined, id: number): Undoable {
  const operation = journal === undefined ? undefined : readOperation(journal, id);
  if (journal === undefined || operation === undefined) throw new UsageProblem(`there is no operation ${id}`);
  const steps = readSteps(journal, id);
  const replaced = steps.find(({ kind }) => kind === 'replace');
  if (replaced?.user === undefined)
    throw new UsageProblem(
      `operation ${id} (${operation.kind}) replaced no database: there is nothing to undo`,
    );
  if (operation.state !== 'ended') throw new Refused(`operation ${id} has not ended`);
  if (replaced.state !== 'succeeded')
    throw new Refused(
      `operation ${id} replaced nothing in the end (${replaced.state}): there is nothing to undo`,
    );
  const { user } = replaced;
  const later = operationsOfUser(journal, user, farEnough).find(
    ({ operation: other, step }) => other.id > id && step.kind === 'replace' && step.state === 'succeeded',
  );
  if (later !== undefined)
    throw new Refused(
      `operation ${later.operation.id} has replaced ${user}’s database since: undo that one first`,
    );
  const { kept } = replaced.result as ReplaceResult;
  const staged = steps.find(({ kind }) => kind === 'stage')?.result as StageResult | undefined;
  if (kept === null || staged === undefined)
    throw new Refused(`there was no database before operation ${id}: there is nothing to go back to`);
  if (!kept.whole)
    throw new Refused(
      `what operation ${id} replaced was damaged, and was kept as it was: ${kept.folder}/${kept.file} (docs/recovering-by-hand.md)`,
    );
  return { user, kept, staged };
}

/**
 * Plan to put back what an operation replaced: a restore of its `prerestore` snapshot (guarantee 4), unless work has been
 * done since that it would lose.
 */
export function planUndo(
  fleet: Fleet,
  config: Config,
  request: Extract<Request, { kind: 'undo' }>,
  replacing: Replacing,
  journal: Sqlite | undefined,
): Plan {
  const { user, kept, staged } = undoable(journal, request.operation);
  const [instance] = chosenInstances(fleet, [user]);
  if (instance === undefined) throw new Refused(`${user} is not in the user map any more`);
  const entry = valueOf(instance.snapshots)?.find((each) => isCalled(each, `${kept.folder}/${kept.file}`));
  const reason = entry === undefined ? 'it is gone' : whyNot(entry);
  if (entry === undefined || reason !== undefined)
    throw new Refused(
      `${kept.folder}/${kept.file}, which operation ${request.operation} kept, cannot be restored: ${reason}`,
    );
  if ('problem' in replacing.live)
    throw new Refused(
      `cannot tell what ${user} has done since: ${replacing.live.problem}. ${otherwise(user, kept.file)}`,
    );
  const since = workSince(staged.facts.work, replacing.live);
  if (since !== undefined)
    throw new Refused(
      `${user} has done work since operation ${request.operation}, which an undo would lose: ${since}. ${otherwise(user, kept.file)}`,
    );
  const plan = planReplacement(fleet, config, instance, entry, {
    ...replacing,
    kind: 'undo',
    interruptTurn: request.interruptTurn,
    unlessWorkSince: staged.facts.work,
  });
  return { ...plan, notes: [`undoes operation ${request.operation}`, ...plan.notes] };
}

/** What is possible instead. */
function otherwise(user: string, file: string): string {
  return `What is there now would be kept, too, by a restore: t3-cockpit restore ${user} --snapshot ${file}`;
}
