import * as z from 'zod';
import { printable } from '../text/printable.ts';
import type { Migration, StateFacts, Work } from './state-database.ts';

/**
 * Parses what a process of the owner says of a state database: the owner may have had a hand in the database, and in
 * the process.
 */

/** Milliseconds since 1970 that a Date can be made of (ECMA-262, time values); anything else would throw where it is shown. */
const instant = z.number().min(-8.64e15).max(8.64e15);

export const migrationSchema: z.ZodType<Migration> = z.object({
  id: z.int().min(0),
  name: z.string().max(200).transform(printable),
});

export const stateFactsSchema: z.ZodType<StateFacts> = z.object({
  migrations: z.array(migrationSchema).min(1).max(10_000),
  migratedAt: instant.nullable(),
  inFlight: z.int().min(0),
  inFlightMoved: instant.nullable(),
  lastActivity: instant.nullable(),
});

export const workCounts = {
  projects: z.int().min(0),
  threads: z.int().min(0),
  messages: z.int().min(0),
  turns: z.int().min(0),
};

export const workSchema: z.ZodType<Work> = z.object({
  ...workCounts,
  lastActivity: instant.nullable().optional(),
});
