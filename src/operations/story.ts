import * as z from 'zod';
import type { Sqlite } from '../host/sqlite.ts';
import { countEvents, readEvents, readLastEvents } from '../journal/events.ts';
import { readOperationDocuments, readSteps } from '../journal/operations.ts';
import type { EventRecord, OperationRecord, StepRecord } from '../journal/records.ts';

/** All that the journal has of one operation. */
export interface OperationStory {
  operation: OperationRecord;
  steps: readonly StepRecord[];
  lanes: readonly PlannedLane[];
  leftOut: readonly { user: string; reason: string }[];
  notes: readonly string[];
  events: readonly EventRecord[];
  /** Events that were not read: the oldest. */
  missed: number;
  cutOff: boolean;
}

/** What belongs together, as the plan had it. Read loosely: it was written by us, maybe by an older version. */
const plannedSchema = z.object({
  lanes: z.array(
    z.object({
      user: z.string().nullable(),
      phase: z.string().optional(),
      steps: z.array(z.object({ id: z.string() })),
    }),
  ),
});

export interface PlannedLane {
  user: string | null;
  phase?: string | undefined;
  steps: readonly { id: string }[];
}

/** The lanes of a recorded plan; none where it cannot be read: then the steps stand for themselves. */
export function lanesOf(plan: unknown): readonly PlannedLane[] {
  return plannedSchema.safeParse(plan).data?.lanes ?? [];
}

/** What of a recorded plan is told of it afterwards; read loosely, for an older version may have written it. */
const toldSchema = z.object({
  leftOut: z.array(z.object({ user: z.string(), reason: z.string() })).catch([]),
  notes: z.array(z.string()).catch([]),
});

/** All that the journal has of an operation, with its newest events. */
export function readStory(
  journal: Sqlite,
  operation: OperationRecord,
  cutOff: boolean,
  limit: number,
): OperationStory {
  const events = readLastEvents(journal, operation.id, limit);
  const missed = Math.max(0, countEvents(journal, operation.id) - events.length);
  return { ...told(journal, operation, cutOff), events, missed };
}

/** The same, with only the events after one that was read already. */
export function readStorySince(
  journal: Sqlite,
  operation: OperationRecord,
  cutOff: boolean,
  after: number,
  limit: number,
): OperationStory {
  return {
    ...told(journal, operation, cutOff),
    events: readEvents(journal, operation.id, after, limit),
    missed: 0,
  };
}

function told(
  journal: Sqlite,
  operation: OperationRecord,
  cutOff: boolean,
): Omit<OperationStory, 'events' | 'missed'> {
  const plan = readOperationDocuments(journal, operation.id)?.plan;
  const words = toldSchema.safeParse(plan).data;
  return {
    operation,
    steps: readSteps(journal, operation.id),
    lanes: lanesOf(plan),
    leftOut: words?.leftOut ?? [],
    notes: words?.notes ?? [],
    cutOff,
  };
}
