import type { EventRecord, OperationRecord, StepRecord } from '../../../src/journal/records.ts';
import { startMoment } from '../../fakes/fleet.ts';

/** Operations, steps and events of the pictures. */

const { wall } = startMoment;

export const snapshotTitle = 'snapshot of the state database';

export const operation = (about: Partial<OperationRecord> = {}): OperationRecord => ({
  id: 12,
  kind: 'backup',
  state: 'running',
  outcome: undefined,
  reason: undefined,
  actor: { user: 'root', uid: 0, sudoUser: 'ada', surface: 'cockpit', pid: 1 },
  requestedAt: wall - 14_000,
  startedAt: wall - 13_000,
  endedAt: undefined,
  place: undefined,
  stopRequestedAt: undefined,
  ...about,
});

export const step = (
  user: string | undefined,
  kind: string,
  title: string,
  state: StepRecord['state'],
  about: Partial<StepRecord> = {},
): StepRecord => ({
  id: `${user ?? 'host'}/${kind}`,
  user,
  kind,
  title,
  state,
  undo: undefined,
  result: undefined,
  reason: undefined,
  startedAt: state === 'pending' ? undefined : wall - 12_000,
  endedAt: state === 'pending' || state === 'started' ? undefined : wall - 9000,
  progress: undefined,
  ...about,
});

export const event = (
  seconds: number,
  payload: EventRecord['payload'],
  about: Partial<EventRecord> = {},
): EventRecord => ({
  id: 1000 - seconds,
  operation: 12,
  at: wall - seconds * 1000,
  step: undefined,
  user: undefined,
  level: 'info',
  payload,
  ...about,
});
