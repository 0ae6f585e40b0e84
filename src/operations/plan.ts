import { z } from 'zod';
import { snapshotKinds } from '../snapshots/names.ts';

/**
 * A plan: every step of an operation, computed before anything runs, and the same for a dry run. It is recorded in the
 * journal as JSON and read back by the runner, so everything here is plain values.
 */

const snapshotStep = z.object({
  kind: z.literal('snapshot'),
  id: z.string(),
  title: z.string(),
  user: z.string(),
  snapshotKind: z.enum(snapshotKinds),
  /** The folders and the file as they were planned. */
  source: z.string(),
  backups: z.string(),
  folder: z.string(),
  file: z.string(),
  /** A second name in the user's backup folder, where the host's own procedure looks. */
  alias: z.string().nullable(),
  takenAt: z.number(),
  /** The t3 version that ran when planned. */
  version: z.string().nullable(),
  /** Bytes of database and WAL when planned: an upper bound of what the copy will take. */
  bytes: z.number(),
});
export type SnapshotStep = z.output<typeof snapshotStep>;

const probeStep = z.object({
  kind: z.literal('probe'),
  id: z.string(),
  title: z.string(),
  user: z.string(),
  /** The authentik names by which the dispatch is asked for this user. */
  names: z.array(z.string()),
  port: z.number(),
  /** The base directory of the instance, and its state database. */
  baseDir: z.string(),
  database: z.string(),
});
export type ProbeStep = z.output<typeof probeStep>;

/** Where a snapshot lies. */
const place = {
  backups: z.string(),
  folder: z.string(),
  file: z.string(),
  bytes: z.number(),
};

const verifySnapshotStep = z.object({
  kind: z.literal('verify-snapshot'),
  id: z.string(),
  title: z.string(),
  user: z.string(),
  ...place,
  snapshotKind: z.enum(snapshotKinds),
  takenAt: z.number(),
  /** What its name says that it was taken of. */
  version: z.string().nullable(),
  /** The checksum that the journal vouches for; null for one that it does not know. */
  sha256: z.string().nullable(),
  /** Where to unpack it for a trial, in the cockpit's own folder; null for none. */
  scratch: z.string().nullable(),
});
export type VerifySnapshotStep = z.output<typeof verifySnapshotStep>;

const removeSnapshotStep = z.object({
  kind: z.literal('remove-snapshot'),
  id: z.string(),
  title: z.string(),
  user: z.string(),
  ...place,
  /** The checksum that the journal vouches for: this file goes, and no other by its name. */
  sha256: z.string(),
});
export type RemoveSnapshotStep = z.output<typeof removeSnapshotStep>;

export const stepSchema = z.discriminatedUnion('kind', [
  snapshotStep,
  probeStep,
  verifySnapshotStep,
  removeSnapshotStep,
]);
export type Step = z.output<typeof stepSchema>;

export const planSchema = z.object({
  kind: z.enum(['backup', 'probe', 'verify', 'verify-snapshots', 'prune', 'recover']),
  /** One lane a user: its steps run in order, and its failure is its own. */
  lanes: z.array(
    z.object({
      user: z.string(),
      steps: z.array(stepSchema).min(1),
      /** The steps have nothing to do with each other: one that fails does not end the lane. */
      independent: z.boolean().optional(),
    }),
  ),
  /** How many lanes run at the same time. */
  parallel: z.int().min(1),
  /** Users who are not part of it, and why. `harmless`: there is nothing of theirs that it would be for. */
  leftOut: z.array(z.object({ user: z.string(), reason: z.string(), harmless: z.boolean() })),
  /** What the admin should know before saying yes. */
  notes: z.array(z.string()),
});
export type Plan = z.output<typeof planSchema>;

export const requestSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('backup'),
    /** Everybody, when absent. */
    users: z.array(z.string()).min(1).optional(),
    snapshotKind: z.enum(['manual', 'daily', 'prebump']).default('manual'),
  }),
  z.object({
    /** `verify` probes, too; what else is expected is only looked at (src/fleet/verification.ts). */
    kind: z.enum(['probe', 'verify']),
    /** Everybody, when absent. */
    users: z.array(z.string()).min(1).optional(),
  }),
  z.object({
    kind: z.literal('verify-snapshots'),
    /** Everybody, when absent. */
    users: z.array(z.string()).min(1).optional(),
    /** File names; all, when absent. */
    files: z.array(z.string()).min(1).optional(),
    /** Also unpack each, and have the matching t3 open it. */
    trial: z.boolean().default(true),
  }),
  /** Nothing but what every runner does first: clear up after operations that were cut off. */
  z.object({ kind: z.literal('recover') }),
  z.object({
    kind: z.literal('prune'),
    /** Everybody, when absent. */
    users: z.array(z.string()).min(1).optional(),
  }),
]);
/** What an admin asks for. */
export type Request = z.output<typeof requestSchema>;
export type RequestInput = z.input<typeof requestSchema>;
