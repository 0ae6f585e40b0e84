import * as z from 'zod';

/** The planned steps of a bump that no other operation has. */

const common = { id: z.string(), title: z.string() };

const pinStep = z.object({
  kind: z.literal('pin'),
  ...common,
  /** Whose file it is: the administrator; null for a copy that the host runs, of root's. */
  user: z.string().nullable(),
  file: z.string(),
  /** The folder below which no link is followed. */
  base: z.string(),
  variable: z.string(),
  /** Versions; empty for nightly. */
  from: z.string(),
  to: z.string(),
  /** A way back, which a freeze does not forbid. */
  back: z.boolean().optional(),
});
export type PinStep = z.output<typeof pinStep>;

const installStep = z.object({
  kind: z.literal('install'),
  ...common,
  user: z.null(),
  from: z.string(),
  to: z.string(),
  /** The global binary, and the one that it is to be. */
  binary: z.string(),
  target: z.string(),
  /** Where the replaced version is to be found from then on. */
  keep: z.string(),
  /** What the global binary is called while there is a way back, where it is no link. */
  aside: z.string(),
  /** The package that was judged; null for a version that was here before. */
  integrity: z.string().nullable(),
  allowDowngrade: z.boolean(),
  /** A way back, which a freeze does not forbid. */
  back: z.boolean().optional(),
});
export type InstallStep = z.output<typeof installStep>;

const enforceStep = z.object({
  kind: z.literal('enforce'),
  ...common,
  user: z.null(),
  from: z.string(),
  to: z.string(),
  /** The service of the host's own updater. */
  unit: z.string(),
  /** The program of the new version in its own prefix: what a server is held on that must not be taken back now. */
  target: z.string(),
  /** Whom it may restart. */
  servers: z.array(z.object({ user: z.string(), unit: z.string(), live: z.string(), home: z.string() })),
  /** How long it may take, milliseconds. */
  timeout: z.number(),
});
export type EnforceStep = z.output<typeof enforceStep>;

const chooseStep = z.object({
  kind: z.literal('choose'),
  ...common,
  user: z.null(),
  whose: z.string(),
  /** The link that says which version is theirs, and the program that it is to lead to. */
  link: z.string(),
  target: z.string(),
  from: z.string(),
  to: z.string(),
  /** A way back, which a freeze does not forbid. */
  back: z.boolean(),
});
export type ChooseStep = z.output<typeof chooseStep>;

const launcherStep = z.object({
  kind: z.literal('launcher'),
  ...common,
  user: z.null(),
  /** The program of the version that everybody has who has none of their own, or has when the launcher is gone. */
  target: z.string(),
  /** Whose version is which, by their programs; null to take the launcher away. */
  chosen: z.array(z.object({ link: z.string(), target: z.string() })).nullable(),
});
export type LauncherStep = z.output<typeof launcherStep>;

const holdStep = z.object({
  kind: z.literal('hold'),
  ...common,
  user: z.null(),
  whose: z.string(),
  unit: z.string(),
  /** What the unit starts from then on, in place of the global binary, and which version that is. */
  program: z.string(),
  version: z.string(),
  /** Undone after the server was started as another version, it stays: that one did not work for them. */
  untilStarted: z.boolean(),
});
export type HoldStep = z.output<typeof holdStep>;

const checkStep = z.object({
  kind: z.literal('check'),
  ...common,
  user: z.string(),
  unit: z.string(),
  port: z.number(),
  version: z.string(),
  live: z.string(),
  home: z.string(),
  /** The schema that the gate has seen it make; null where the gate runs in this operation. */
  schema: z.object({ id: z.int(), name: z.string() }).nullable(),
  /** Nobody has seen what schema this version makes: only the version is looked at. */
  unforeseen: z.boolean().optional(),
});
export type CheckStep = z.output<typeof checkStep>;

const soakStep = z.object({
  kind: z.literal('soak'),
  ...common,
  user: z.string(),
  unit: z.string(),
  port: z.number(),
  version: z.string(),
  /** Milliseconds. */
  time: z.number(),
});
export type SoakStep = z.output<typeof soakStep>;

const markStep = z.object({
  kind: z.literal('mark'),
  ...common,
  user: z.null(),
  /** The host's own note of the version that was last found good; null where it keeps none. */
  lastGood: z.string().nullable(),
  version: z.string(),
});
export type MarkStep = z.output<typeof markStep>;

const freezeStep = z.object({
  kind: z.literal('freeze'),
  ...common,
  user: z.null(),
  file: z.string(),
  /** Why; null to let versions move again. */
  reason: z.string().nullable(),
  /** Only while this operation moves versions, and only this freeze. */
  meanwhile: z.boolean().optional(),
});
export type FreezeStep = z.output<typeof freezeStep>;

export const rolloutSteps = [
  pinStep,
  installStep,
  enforceStep,
  chooseStep,
  launcherStep,
  holdStep,
  checkStep,
  soakStep,
  markStep,
  freezeStep,
] as const;
