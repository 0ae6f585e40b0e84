import type { OperationRecord, StepRecord } from '../journal/records.ts';
import { bytesText } from './format.ts';

/** How an operation stands, in words. */
export function standingText(operation: OperationRecord, cutOff: boolean): string {
  if (operation.outcome !== undefined)
    return operation.reason === undefined ? operation.outcome : `${operation.outcome}: ${operation.reason}`;
  if (cutOff) return 'interrupted: its runner died; the next operation clears up after it';
  if (operation.stopRequestedAt !== undefined) return 'stopping';
  return operation.state === 'requested' ? 'starting' : 'running';
}

/** A step's result in words: what a snapshot holds, or why there is none. */
export function stepResultText(step: StepRecord): string {
  if (step.reason !== undefined) return step.reason;
  const result = step.result as
    { bytes?: number; work?: { threads: number; messages: number }; file?: string } | undefined;
  if (result?.bytes === undefined) return '';
  const work =
    result.work === undefined ? '' : `, ${result.work.threads} threads, ${result.work.messages} messages`;
  return `${bytesText(result.bytes)}${work}: ${result.file ?? ''}`;
}
