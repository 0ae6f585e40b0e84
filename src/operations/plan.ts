import * as z from 'zod';
import { snapshotKinds } from '../snapshots/names.ts';
import { workSchema } from '../t3/state-schema.ts';
import { overviewSchema } from './overview.ts';
import { preflightSteps } from './preflight-steps.ts';
import { rolloutSteps } from './rollout-steps.ts';

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

/** A live database, and the names beside it that one operation uses. */
const live = {
  live: z.string(),
  home: z.string(),
  base: z.string(),
};

const stageStep = z.object({
  kind: z.literal('stage'),
  id: z.string(),
  title: z.string(),
  user: z.string(),
  ...place,
  ...live,
  snapshotKind: z.enum(snapshotKinds),
  takenAt: z.number(),
  version: z.string().nullable(),
  /** The checksum that the journal vouches for; null for one that it does not know: then it is read, and vouched for. */
  sha256: z.string().nullable(),
  /** The highest schema on which a version was seen to run on this host, when this was planned; null for none. */
  seen: z.object({ version: z.string(), level: z.int() }).nullable(),
});
export type StageStep = z.output<typeof stageStep>;

const stopStep = z.object({
  kind: z.literal('stop'),
  id: z.string(),
  title: z.string(),
  user: z.string(),
  unit: z.string(),
  ...live,
  /** Its database is going to be replaced or copied: nobody else may have it open then. */
  exclusive: z.boolean(),
  /** The admin typed the user's name under the words "turn in flight". */
  interruptTurn: z.boolean(),
  /** Refuse when the instance holds more work than this. */
  unlessWorkSince: workSchema.nullable(),
  /** Where to write down that a restart is owed, should the user be busy, and onto which version; null for nowhere. */
  deferral: z.object({ file: z.string(), version: z.string() }).nullable(),
  /** Of a bump: a server that has stopped is not started again for a failure, for that would migrate its database. */
  keepStopped: z.boolean().optional(),
  /**
   * Of a move, whose way back may fail: started again with a database of another schema than this one, it is started as
   * this program, which knows it. Absent of one whose version is its own (launcher).
   */
  unlessSchema: z.object({ id: z.number(), name: z.string(), program: z.string() }).optional(),
});
export type StopStep = z.output<typeof stopStep>;

const replaceStep = z.object({
  kind: z.literal('replace'),
  id: z.string(),
  title: z.string(),
  user: z.string(),
  /** Whose database it is; plans of earlier versions do not have it. */
  unit: z.string().optional(),
  ...live,
  /** Where what is replaced is kept. */
  backups: z.string(),
  folder: z.string(),
  file: z.string(),
  /** By which name what is there is kept, should this have to be taken back after the server had it. */
  givenUp: z.string(),
  takenAt: z.number(),
  version: z.string().nullable(),
  /** Bytes of database and WAL when planned. */
  bytes: z.number(),
});
export type ReplaceStep = z.output<typeof replaceStep>;

const coldCopyStep = z.object({
  kind: z.literal('cold-copy'),
  id: z.string(),
  title: z.string(),
  user: z.string(),
  ...live,
  backups: z.string(),
  folder: z.string(),
  file: z.string(),
  alias: z.string().nullable(),
  snapshotKind: z.enum(snapshotKinds),
  takenAt: z.number(),
  version: z.string().nullable(),
  bytes: z.number(),
  /** Of a bump: how the database is put back, should it have been migrated by then. */
  back: z
    .object({
      /** The schema on which the version runs that it goes back to. */
      schema: z.object({ id: z.int(), name: z.string() }),
      stage: stageStep,
      replace: replaceStep,
    })
    .optional(),
});
export type ColdCopyStep = z.output<typeof coldCopyStep>;

const startStep = z.object({
  kind: z.literal('start'),
  id: z.string(),
  title: z.string(),
  user: z.string(),
  unit: z.string(),
  ...live,
  port: z.number(),
  /** Leave it stopped if it was so before. */
  asBefore: z.boolean(),
  /** By the time it may have to be stopped again, somebody may be at work on it: ask before. */
  guarded: z.boolean().optional(),
  /** It was held on this program (`Units.override`), and is to start as it is defined again. */
  heldOn: z.string().optional(),
});
export type StartStep = z.output<typeof startStep>;

const proveStep = z.object({
  ...probeStep.shape,
  kind: z.literal('prove'),
  /**
   * What a broken handshake means: back to what was there; stay, and say so; everybody back; or, of a version that was
   * moved, this one back. In the last two cases nothing may be worse than it was (steps/prove.ts).
   */
  onFailure: z.enum(['go back', 'stay', 'take all back', 'lead back']),
});
export type ProveStep = z.output<typeof proveStep>;

const settleStep = z.object({
  kind: z.literal('settle'),
  id: z.string(),
  title: z.string(),
  user: z.string(),
  ...live,
  /** The deferral that is fulfilled with this; null for none. */
  deferral: z.string().nullable(),
});
export type SettleStep = z.output<typeof settleStep>;

const movedStep = z.object({
  kind: z.literal('moved'),
  id: z.string(),
  title: z.string(),
  user: z.string(),
  /** Versions. */
  from: z.string(),
  to: z.string(),
  /** How the user is taken back. */
  stop: stopStep,
  copy: coldCopyStep,
  start: startStep,
});
export type MovedStep = z.output<typeof movedStep>;

export const stepSchema = z.discriminatedUnion('kind', [
  snapshotStep,
  probeStep,
  verifySnapshotStep,
  removeSnapshotStep,
  stageStep,
  stopStep,
  replaceStep,
  coldCopyStep,
  startStep,
  proveStep,
  settleStep,
  movedStep,
  ...preflightSteps,
  ...rolloutSteps,
]);
export type Step = z.output<typeof stepSchema>;

export const planSchema = z.object({
  kind: z.enum([
    'backup',
    'probe',
    'verify',
    'verify-snapshots',
    'prune',
    'recover',
    'restore',
    'undo',
    'restart',
    'drain',
    'preflight',
    'bump',
    'rollback',
    'freeze',
    'launcher',
  ]),
  /** One lane a user, or one of the host: its steps run in order, and its failure is its own. */
  lanes: z.array(
    z.object({
      user: z.string().nullable(),
      /** Of a bump: in which part of it this is done. */
      phase: z.enum(['judge', 'save', 'switch', 'users', 'close']).optional(),
      steps: z.array(stepSchema).min(1),
      /** The steps have nothing to do with each other: one that fails does not end the lane. */
      independent: z.boolean().optional(),
    }),
  ),
  /** How many lanes run at the same time. */
  parallel: z.int().min(1),
  /** Users who are not part of it, and why. `harmless`: there is nothing of theirs that it would be for. */
  leftOut: z.array(z.object({ user: z.string(), reason: z.string(), harmless: z.boolean() })),
  /** Where versions move: for whom, and what it takes. */
  overview: overviewSchema.optional(),
  /** What the admin should know before saying yes. */
  notes: z.array(z.string()),
  /** What has to be typed before it may run, and for what. */
  consent: z
    .object({
      word: z.string(),
      because: z.array(z.string()),
      /** It covers a turn that is in flight. */
      interrupts: z.boolean(),
    })
    .optional(),
});
export type Plan = z.output<typeof planSchema>;

export * from './preflight-steps.ts';
export * from './request.ts';
export * from './rollout-steps.ts';
