import type { OperationRecord, StepRecord } from '../journal/records.ts';
import type { CutOff } from '../operations/cut-off.ts';
import type { Step } from '../operations/plan.ts';
import type { DownloadResult } from '../operations/steps/download.ts';
import type { EnforceResult } from '../operations/steps/enforce.ts';
import type { GateResult } from '../operations/steps/gate.ts';
import type { ProbeStepResult } from '../operations/steps/probe.ts';
import type { ReplaceResult } from '../operations/steps/replace.ts';
import type { VerifySnapshotResult } from '../operations/steps/verify-snapshot.ts';
import { durationWords } from '../text/duration.ts';
import { bytesText, dateText } from './format.ts';

/** How an operation stands, in words. */
export function standingText(operation: OperationRecord, cutOff: boolean): string {
  if (operation.outcome !== undefined)
    return operation.reason === undefined ? operation.outcome : `${operation.outcome}: ${operation.reason}`;
  if (cutOff) return 'interrupted: its runner died';
  if (operation.stopRequestedAt !== undefined) return 'stopping';
  return operation.state === 'requested' ? 'starting' : 'running';
}

/** How a step, or a part of an operation, stands, in a word or two: one that never began was not interrupted in anything. */
export function stepStateText({ state, startedAt }: Pick<StepRecord, 'state' | 'startedAt'>): string {
  return state === 'interrupted' && startedAt === undefined ? 'not begun' : state;
}

/** So many names are said; of the others, how many they are. */
const namesSaid = 4;

/** An operation that was cut off: what is known of it, by users; of one user, by what was to be done. */
export function cutOffText({ operation, steps, held = [] }: CutOff): string {
  const [first] = steps;
  const alone = steps.length > 1 && steps.every(({ user }) => user === first?.user) ? first?.user : undefined;
  const of = (states: readonly StepRecord['state'][]) => {
    const users = steps
      .filter((step) => states.includes(step.state))
      .map((step) => (alone === undefined ? step.user : undefined) ?? step.title);
    const names = [...new Set(users)];
    return names.length <= namesSaid
      ? names.join(', ')
      : `${names.slice(0, namesSaid - 1).join(', ')} and ${names.length - namesSaid + 1} more`;
  };
  const heardOf = Math.max(
    operation.startedAt ?? operation.requestedAt,
    ...steps.map((step) => Math.max(step.startedAt ?? 0, step.endedAt ?? 0, step.progress?.at ?? 0)),
  );
  const parts = [
    ['done', of(['succeeded'])],
    ['not done', of(['failed', 'refused', 'interrupted'])],
    ['cut off in the middle', of(['started'])],
    ['not begun', of(['pending'])],
    ['last heard of', dateText(heardOf)],
    ['held off until then', held.join(', ')],
  ].filter(([, users]) => users !== '');
  const what = alone === undefined ? operation.kind : `${operation.kind} of ${alone}`;
  return `operation ${operation.id} (${what}) was interrupted: its runner died. ${parts.map(([state, users]) => `${state}: ${users}`).join('; ')}`;
}

/** What a step of a plan will do, in words. */
export function plannedText(step: Step): string {
  switch (step.kind) {
    case 'snapshot':
      return `at most ${bytesText(step.bytes)} into ${step.folder}/${step.file}`;
    case 'probe':
      return `direct at port ${step.port}; through the dispatch as ${step.names.join(', ')}`;
    case 'verify-snapshot':
      return `read ${bytesText(step.bytes)}${step.scratch === null ? '' : ', and a test restore'}: ${step.folder}`;
    case 'stage':
      return `${bytesText(step.bytes)} from ${step.folder}/${step.file}`;
    case 'stop':
      return step.exclusive
        ? 'masked until it is started again, and nobody else has its database open'
        : 'masked until it is started again';
    case 'replace':
      return `at most ${bytesText(step.bytes)} into ${step.folder}/${step.file}`;
    case 'cold-copy':
      return `at most ${bytesText(step.bytes)} into ${step.folder}/${step.file}`;
    case 'start':
      return `until it answers at port ${step.port}`;
    case 'prove':
      return step.onFailure === 'take all back'
        ? 'if it fails, everybody goes back'
        : step.onFailure === 'go back' || step.onFailure === 'lead back'
          ? 'if it fails, back to what was there'
          : `direct at port ${step.port}; through the dispatch as ${step.names.join(', ')}`;
    case 'settle':
      return step.deferral === null ? 'nothing is left beside the database' : 'the restart is no longer owed';
    case 'download':
      return `into ${step.prefix}; ${step.integrity.slice(0, 19)}…`;
    case 'gate':
      return step.role === 'control' ? 'the control: it has to pass' : 'start, pair, watch';
    case 'command':
      return step.argv.join(' ');
    case 'pin':
      return `${step.from || 'nightly'} → ${step.to} in ${step.file}`;
    case 'install':
      return `${step.binary} → ${step.target}`;
    case 'enforce':
      return `systemctl start ${step.unit}; at most ${durationWords(step.timeout)}`;
    case 'moved':
      return `restarted onto ${step.to}, put off, or off`;
    case 'choose':
      return step.target;
    case 'launcher':
      return step.chosen === null ? `everybody → ${step.target}` : `everybody else → ${step.target}`;
    case 'hold':
      return `starts ${step.program}, whatever is installed`;
    case 'check':
      return `${step.version}${step.schema === null ? '' : `, schema ${step.schema.id}`}`;
    case 'soak':
      return `for ${durationWords(step.time)}`;
    case 'freeze':
      return step.reason ?? 'versions may move again';
    case 'mark':
      return step.lastGood === null ? 'this host keeps none' : step.lastGood;
    case 'remove-snapshot':
      return `remove ${bytesText(step.bytes)} from ${step.folder}`;
  }
}

/** A step's result in words: what a snapshot holds, or why there is none. */
export function stepResultText(step: StepRecord): string {
  if (step.reason !== undefined) return step.reason;
  if (step.result === undefined) return '';
  if (step.kind === 'verify-snapshot') return verifiedText(step.result as VerifySnapshotResult);
  if (step.kind === 'probe' || step.kind === 'prove') return probedText(step.result as ProbeStepResult);
  if (step.kind === 'gate') return triedText(step.result as GateResult);
  if (step.kind === 'download')
    return (step.result as DownloadResult).reused ? 'there already, and unchanged' : '';
  if (step.kind === 'enforce') return enforcedText(step.result as EnforceResult);
  if (step.kind === 'replace') return keptText(step.result as ReplaceResult);
  const result = step.result as
    { bytes?: number; work?: { threads: number; messages: number }; file?: string } | undefined;
  if (result?.bytes === undefined) return '';
  const work =
    result.work === undefined ? '' : `, ${result.work.threads} threads, ${result.work.messages} messages`;
  return `${bytesText(result.bytes)}${work}: ${result.file ?? ''}`;
}

/** All went well: how many ways in, and how long the slowest took. */
function probedText({ version, probes }: ProbeStepResult): string {
  const slowest = Math.max(...probes.map((probe) => probe.latency ?? 0));
  const remarks = probes.flatMap((probe) => (probe.reason === undefined ? [] : [probe.reason]));
  const ways = `${probes.length} route${probes.length === 1 ? '' : 's'} ok, ${version ?? '?'}`;
  return [`${ways} in ${Math.max(1, Math.round(slowest))} ms`, ...remarks].join('; ');
}

/** Where what was replaced is now. */
function keptText({ kept }: ReplaceResult): string {
  if (kept === null) return 'there was no database';
  const work = kept.whole
    ? `${kept.work.threads} threads, ${kept.work.messages} messages`
    : 'damaged, as it was';
  return `kept ${bytesText(kept.bytes)}, ${work}: ${kept.file}`;
}

/** A trial that was passed: how fast, with how much memory, and what became of the schema. */
function triedText({ report, schema, migrations, missing }: GateResult): string {
  const level =
    migrations.length === 0
      ? `schema ${schema.after?.id ?? '?'}`
      : `schema ${schema.before?.id ?? 'none'} to ${schema.after?.id ?? '?'}`;
  return [
    `paired at ${report.pairing.endpoint}`,
    `answered after ${report.startMs} ms`,
    report.memory === null ? '' : bytesText(report.memory),
    level,
    missing.length === 0 ? '' : `without ${missing.join(', ')}`,
  ]
    .filter((words) => words !== '')
    .join(', ');
}

/** What the host's script has said that it did. */
function enforcedText({ version, restarted, deferred }: EnforceResult): string {
  const names = (units: readonly string[]) => units.map((unit) => unit.replace(/\.service$/, '')).join(', ');
  return [
    `installed ${version}`,
    ...(restarted.length === 0 ? [] : [`restarted ${names(restarted)}`]),
    ...(deferred.length === 0 ? [] : [`deferred ${names(deferred)}`]),
  ].join('; ');
}

function verifiedText({ facts, trial }: VerifySnapshotResult): string {
  if (facts === undefined) return '';
  const tried = trial?.outcome === 'opened' ? `, opened by t3 ${trial.version}` : '';
  return `whole, ${bytesText(facts.bytes)}, ${facts.work.threads} threads, ${facts.work.messages} messages${tried}`;
}
