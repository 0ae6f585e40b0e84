import * as z from 'zod';

/** The planned steps of a preflight. Those of the host, and of nobody's database, have no user. */

const downloadStep = z.object({
  kind: z.literal('download'),
  id: z.string(),
  title: z.string(),
  user: z.null(),
  version: z.string(),
  /** What the package source says of the package, when planned (`sha512-…`). */
  integrity: z.string(),
  /** Where the version has its own prefix, and where it is made. */
  prefix: z.string(),
  partial: z.string(),
  /** What it takes at least. */
  bytes: z.number().default(0),
});
export type DownloadStep = z.output<typeof downloadStep>;

const gateStep = z.object({
  kind: z.literal('gate'),
  id: z.string(),
  title: z.string(),
  /** Whose database is copied, and who the trial runs as. */
  user: z.string(),
  /** The installed version has to pass as well, or it is the gate that is broken. */
  role: z.enum(['control', 'candidate']),
  version: z.string(),
  /** The live database; null for a base directory without one. */
  database: z.string().nullable(),
  home: z.string(),
  backups: z.string(),
  /** The base directory of the trial, in the cockpit's own folder. */
  scratch: z.string(),
  /** Bytes of database and WAL when planned. */
  bytes: z.number(),
});
export type GateStep = z.output<typeof gateStep>;

const commandStep = z.object({
  kind: z.literal('command'),
  id: z.string(),
  title: z.string(),
  /** Who runs it: the administrator. */
  user: z.string(),
  argv: z.array(z.string()).min(1),
  folder: z.string(),
  /** Milliseconds. */
  timeout: z.number(),
  /** The version that it is about. */
  version: z.string(),
});
export type CommandStep = z.output<typeof commandStep>;

export const preflightSteps = [downloadStep, gateStep, commandStep] as const;
