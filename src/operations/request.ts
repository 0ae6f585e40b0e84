import * as z from 'zod';

export const requestSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('backup'),
    /** Everybody, when absent. */
    users: z.array(z.string()).min(1).optional(),
    snapshotKind: z.enum(['manual', 'daily', 'prebump']).default('manual'),
    /** With the servers stopped, one at a time. */
    cold: z.boolean().optional(),
  }),
  z.object({
    kind: z.literal('restore'),
    user: z.string(),
    /** `latest`, `prebump`, or the name of a file. */
    snapshot: z.string().min(1),
    /** A turn that is in flight may be cut off. */
    interruptTurn: z.boolean().default(false),
  }),
  z.object({
    kind: z.literal('undo'),
    operation: z.int().positive(),
    /** Only what it replaced of these; of everybody, when absent. */
    users: z.array(z.string()).min(1).optional(),
    interruptTurn: z.boolean().default(false),
  }),
  z.object({ kind: z.literal('restart'), users: z.array(z.string()).min(1) }),
  /** Restart everybody to whom a restart is owed and who has become idle. */
  z.object({ kind: z.literal('drain') }),
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
  z.object({
    kind: z.literal('recover'),
    /** The one that is meant; all that were cut off, when absent. */
    operation: z.int().positive().optional(),
    /** What is to become of one that stopped a server or replaced a database. */
    way: z.enum(['clear up', 'resume', 'roll back', 'abandon']).default('clear up'),
  }),
  /** Judge a version: an exact one, or a tag of the package source. */
  z.object({ kind: z.literal('preflight'), version: z.string().min(1).max(64) }),
  /** Bring a version to everybody. */
  z.object({
    kind: z.literal('bump'),
    version: z.string().min(1).max(64),
    allowDowngrade: z.boolean().default(false),
    /** The pin files may disagree: each is moved from what it says. */
    whateverPinned: z.boolean().default(false),
    /** Only these, with the launcher; everybody, when absent. */
    users: z.array(z.string()).min(1).optional(),
    /** Who installs and restarts: the cockpit, or the host's own script. The config's, when absent. */
    strategy: z.enum(['rollout', 'enforcer']).optional(),
  }),
  /** Take everybody back to what the last bump replaced, or to a version. */
  z.object({
    kind: z.literal('rollback'),
    to: z.string().min(1).max(64).optional(),
    whateverPinned: z.boolean().default(false),
    /** Only these, and the others stay where they are; everybody, when absent. */
    users: z.array(z.string()).min(1).optional(),
  }),
  /** Have the launcher in the place of the global t3, or take it away. */
  z.object({ kind: z.literal('launcher'), on: z.boolean() }),
  /** Forbid versions to move, with a reason; or allow it again, without one. */
  z.object({ kind: z.literal('freeze'), reason: z.string().max(200).nullable() }),
  z.object({
    kind: z.literal('prune'),
    /** Everybody, when absent. */
    users: z.array(z.string()).min(1).optional(),
  }),
]);
/** What an admin asks for. */
export type Request = z.output<typeof requestSchema>;
export type RequestInput = z.input<typeof requestSchema>;
