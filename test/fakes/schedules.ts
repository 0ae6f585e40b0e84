import type { ScheduleRecord } from '../../src/journal/schedules.ts';
import { startMoment } from './fleet.ts';

const hour = 3_600_000;

/** Something that was agreed to a day ago, for the next three hours. */
export const scheduled = (id: number, about: Partial<ScheduleRecord> = {}): ScheduleRecord => ({
  id,
  request: { kind: 'bump', version: '0.0.27', allowDowngrade: false, whateverPinned: false },
  agreed: {},
  actor: { user: 'root', uid: 0, sudoUser: 'ada', surface: 'cockpit', pid: 1 },
  createdAt: startMoment.wall - 24 * hour,
  beginsAt: startMoment.wall + hour,
  endsAt: startMoment.wall + 4 * hour,
  state: 'waiting',
  outcome: undefined,
  reason: undefined,
  operations: [],
  endedAt: undefined,
  ...about,
});
