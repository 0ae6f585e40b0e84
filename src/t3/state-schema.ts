import { z } from 'zod';
import { printable } from '../text/printable.ts';
import type { Migration, StateFacts, Work } from './state-database.ts';

/**
 * Parses what a process of the owner says of a state database: the owner may have had a hand in the database, and in
 * the process.
 */

export const migrationSchema: z.ZodType<Migration> = z.object({
  id: z.int().min(0),
  name: z.string().max(200).transform(printable),
});

export const stateFactsSchema: z.ZodType<StateFacts> = z.object({
  migrations: z.array(migrationSchema).min(1).max(10_000),
  migratedAt: z.number().nullable(),
  inFlight: z.int().min(0),
  inFlightMoved: z.number().nullable(),
  lastActivity: z.number().nullable(),
});

export const workCounts = {
  projects: z.int().min(0),
  threads: z.int().min(0),
  messages: z.int().min(0),
  turns: z.int().min(0),
};

export const workSchema: z.ZodType<Work> = z.object({
  ...workCounts,
  lastActivity: z.number().nullable().optional(),
});
