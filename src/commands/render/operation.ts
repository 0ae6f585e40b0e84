import type { EventRecord, OperationRecord, Outcome, StepRecord } from '../../journal/records.ts';
import type { Plan } from '../../operations/plan.ts';
import type { ProbeStepResult } from '../../operations/steps/probe.ts';
import type { ReplaceResult } from '../../operations/steps/replace.ts';
import type { SnapshotResult } from '../../operations/steps/snapshot.ts';
import type { VerifySnapshotResult } from '../../operations/steps/verify-snapshot.ts';
import { schemaLevel } from '../../t3/state-database.ts';
import { eventText } from '../../view/event.ts';
import { dateText, durationText, timeText } from '../../view/format.ts';
import { plannedText, standingText, stepResultText, stepStateText } from '../../view/operation.ts';
import { overviewColumns, overviewRight, overviewRows, pinDiff, spaceText } from '../../view/overview.ts';
import { exit, type ExitCode } from '../exit.ts';
import { isoTime } from './json.ts';
import { table } from './table.ts';

/** One event as a line for a terminal or a log: `14:02:09  alice  snapshot of the state database: succeeded`. */
export function eventLine(event: EventRecord, steps: readonly StepRecord[]): string {
  const user = event.user === undefined ? '' : `${event.user}  `;
  return `${timeText(event.at)}  ${user}${eventText(event, steps)}\n`;
}

/** What became of each step, as a table. */
export function stepsTable(steps: readonly StepRecord[]): string {
  return table(
    ['USER', 'STEP', 'STATE', 'TOOK', 'RESULT'],
    steps.map((step) => [
      step.user ?? '',
      step.title,
      stepStateText(step),
      tookText(step),
      stepResultText(step),
    ]),
  );
}

function tookText(step: StepRecord): string {
  return step.startedAt === undefined || step.endedAt === undefined
    ? '-'
    : durationText(step.endedAt - step.startedAt);
}

export function operationLine(operation: OperationRecord, cutOff: boolean): string {
  return `operation ${operation.id} (${operation.kind}), ${dateText(operation.requestedAt)}: ${standingText(operation, cutOff)}\n`;
}

/** Who asked for it: the one who became root for it, where somebody did. */
export const askedBy = ({ actor }: OperationRecord): string => actor.sudoUser ?? actor.user;

/** Who asked for it, as far as the machine can tell, and from where. */
export function actorLine({ actor }: OperationRecord): string {
  const { user, sudoUser, loginUid, surface, pid } = actor;
  const became = sudoUser === undefined ? '' : `${sudoUser} as `;
  const login = loginUid === undefined ? '' : `, logged in as uid ${loginUid}`;
  return `asked for by ${became}${user}${login}, by ${surface} (process ${pid})\n`;
}

/** The operation as a document (docs/json.md, operation). */
export function operationDocument(
  operation: OperationRecord,
  steps: readonly StepRecord[],
  plan: Plan | undefined,
  cutOff: boolean,
): object {
  return {
    operation: operationJson(operation, cutOff),
    users: steps.map((step) => ({
      user: step.user ?? null,
      step: step.kind,
      outcome: step.state,
      reason: step.reason ?? null,
      startedAt: isoTime(step.startedAt),
      endedAt: isoTime(step.endedAt),
      snapshot: snapshotJson(step),
      ...(step.kind === 'probe' || step.kind === 'prove' ? { probes: probesJson(step) } : {}),
      ...(step.kind === 'download' ? { package: step.result ?? null } : {}),
      ...(step.kind === 'gate' ? { trial: step.result ?? null } : {}),
      ...(step.kind === 'verify-snapshot' ? verifiedJson(step) : {}),
      ...(step.kind === 'remove-snapshot' ? { file: step.title } : {}),
    })),
    leftOut: plan?.leftOut ?? [],
    notes: plan?.notes ?? [],
  };
}

/** The snapshot that a step took; of a replacement, what was kept of the database that gave way. */
function snapshotJson(step: StepRecord): object | null {
  if (step.result === undefined) return null;
  if (step.kind === 'snapshot' || step.kind === 'cold-copy') return takenJson(step.result as SnapshotResult);
  const kept = step.kind === 'replace' ? (step.result as ReplaceResult).kept : null;
  if (kept === null) return null;
  if (kept.whole) return takenJson(kept);
  // Damaged, and kept as it was: nothing could be read in it.
  const { folder, file, bytes, sha256 } = kept;
  return { file: `${folder}/${file}`, bytes, sha256, schema: null, work: null };
}

function takenJson({ folder, file, bytes, sha256, migrations, work }: SnapshotResult): object {
  return { file: `${folder}/${file}`, bytes, sha256, schema: schemaLevel(migrations) ?? null, work };
}

/** What reading a snapshot again came to. */
function verifiedJson(step: StepRecord): object {
  const result = step.result as VerifySnapshotResult | undefined;
  return { file: step.title, whole: result?.facts !== undefined, trial: result?.trial ?? null };
}

/** What a probe found, by route and name. */
function probesJson(step: StepRecord): object[] {
  const result = step.result as ProbeStepResult | undefined;
  return (result?.probes ?? []).map((probe) => ({
    route: probe.route,
    name: probe.name ?? null,
    verdict: probe.verdict,
    step: probe.step ?? null,
    reason: probe.reason ?? null,
    endpoint: probe.endpoint ?? null,
    latencyMs: probe.latency ?? null,
  }));
}

export function operationJson(operation: OperationRecord, cutOff: boolean): object {
  return {
    id: operation.id,
    kind: operation.kind,
    state: cutOff ? 'interrupted' : operation.state,
    outcome: operation.outcome ?? (cutOff ? 'interrupted' : null),
    reason: operation.reason ?? null,
    requestedAt: isoTime(operation.requestedAt),
    startedAt: isoTime(operation.startedAt),
    endedAt: isoTime(operation.endedAt),
    actor: operation.actor,
  };
}

/** The plan as it is shown before anything runs. */
export function planText(plan: Plan): string {
  const rows = plan.lanes.flatMap((lane) =>
    lane.steps.map((step) => [step.user ?? '', step.title, plannedText(step)]),
  );
  const leftOut = plan.leftOut.map(({ user, reason }) => `left out: ${user}: ${reason}\n`).join('');
  const notes = plan.notes.map((note) => `${note}\n`).join('');
  return `${overviewText(plan)}${table(['USER', 'STEP', 'WHAT'], rows)}${leftOut}${notes}`;
}

/** Whom it is about, what becomes of the pins, and what it takes; nothing where no versions move. */
function overviewText(plan: Plan): string {
  const { overview } = plan;
  if (overview === undefined) return '';
  const users = overviewRows(overview).map((row) => row.map(({ text }) => text));
  const pins = pinDiff(plan).map(({ text }) => `${text}\n`);
  return [table(overviewColumns, users, overviewRight), ...pins, `${spaceText(overview).text}\n`, '\n'].join(
    '',
  );
}

/** The exit code that an operation's end means. */
export function exitCodeOf(
  outcome: Outcome | undefined,
  steps: readonly StepRecord[],
  plan: Plan | undefined,
): ExitCode {
  switch (outcome) {
    case 'succeeded':
      // Somebody whose data could not even be looked at was not backed up either.
      return plan?.leftOut.some((each) => !each.harmless) === true ? exit.someFailed : exit.done;
    case 'refused':
      return exit.refused;
    case 'failed':
    case 'rolled back':
      // What is about the host is done for everybody, or it is not done; but somebody may be back, and others not.
      if (plan?.kind === 'rollback')
        return outcome === 'failed' &&
          steps.some(({ kind, state }) => kind === 'start' && state === 'succeeded')
          ? exit.someFailed
          : exit.failed;
      if (plan?.lanes.some(({ user }) => user === null) === true) return exit.failed;
      return steps.some((step) => step.state === 'succeeded') ? exit.someFailed : exit.failed;
    case 'interrupted':
    case undefined:
      return exit.interrupted;
  }
}
