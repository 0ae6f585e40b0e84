import { expand } from '../../config/expand.ts';
import type { Config } from '../../config/schema.ts';
import type { Instance } from '../../fleet/fleet.ts';
import type { Migration } from '../../t3/state-database.ts';
import { checkOf, proveOf, soakOf, startOf, stopOf, type Ground, type Naming } from './lane.ts';
import { chooseOf } from './launcher.ts';
import type { ColdCopyStep, StageStep, Step } from '../plan.ts';
import { bytesOf, prebumpOf } from './prebump.ts';
import { replaceOf } from './restore.ts';

/** A user whose server gets another version, on the database that it has. */
export interface Moving {
  ground: Ground;
  instance: Instance;
  /** The version that they have, and the one that they get. */
  from: string;
  to: string;
  /** It is their own, by the launcher. */
  own: boolean;
  /** Meant to be off: it is left so, and migrates when somebody starts it. */
  off: boolean;
  /** What there is now, to know afterwards whether it has been migrated. */
  schema: Migration;
  /** What it should be afterwards; null where the gate runs in this operation, `unforeseen` where nobody knows. */
  expected: Migration | null | 'unforeseen';
  /** The program that it is held on until it is started, where it is. */
  heldOn?: string | undefined;
  /** Of everybody, or of this one alone: what a failure means. */
  onFailure: 'take all back' | 'lead back';
  /** It is to be stopped to the end: started again for a failure, it would be migrated. */
  keepStopped: boolean;
  /** Back: also while versions are frozen. */
  back: boolean;
  /** Whoever turns out to be busy is owed a restart from then on. */
  owes: boolean;
}

/**
 * Stop, a copy of the last moment, start, and everything that shows that it works; with a way back that includes the
 * database. What was left beside it is tidied up by whoever plans this (`settleOf`).
 */
export function moveSteps(moving: Moving, config: Config, { now, tail }: Naming): Step[] {
  const { ground, instance, from, to, own, off, schema, expected, heldOn, keepStopped, back, owes } = moving;
  const { user, version } = ground;
  // A second later than the first one: names count in seconds, and are read by people.
  const taken = now + 1000;
  const copy: ColdCopyStep = {
    ...prebumpOf(ground, instance, { now: taken, tail }),
    back: {
      schema,
      stage: laterStageOf(ground, { version: version ?? null, takenAt: taken, bytes: bytesOf(instance) }),
      // What it gives way to is what the new version has made of it.
      replace: replaceOf({ ...ground, version: to }, instance, { now: taken + 1000, tail }),
    },
  };
  return [
    stopOf(ground, {
      exclusive: true,
      deferral: owes ? { file: expand(config.paths.deferral, { user }), version: to } : null,
      keepStopped,
      ...(own || back
        ? {}
        : { unlessSchema: { ...schema, program: expand(config.paths.versionBinary, { version: to }) } }),
    }),
    copy,
    // While it is stopped: server and mints change together.
    ...(own ? [chooseOf(config, { user, from, to, back }, `${user}/choose`)] : []),
    { ...startOf(ground, off), guarded: true, ...(heldOn === undefined ? {} : { heldOn }) },
    checkOf(ground, to, expected),
    ...(off ? [] : [proveOf(ground, moving.onFailure)]),
    soakOf(ground, to, config.bump.soak),
  ];
}

/** Which copy it is going to be is known when it is needed (steps/put-back.ts). */
function laterStageOf(
  { user, backups, folder, live, home, base }: Ground,
  about: Pick<StageStep, 'version' | 'takenAt' | 'bytes'>,
): StageStep {
  return {
    kind: 'stage',
    id: `${user}/stage`,
    title: 'check the snapshot, and copy it beside the database',
    user,
    backups,
    folder,
    file: '',
    live,
    home,
    base,
    snapshotKind: 'prebump',
    sha256: null,
    seen: null,
    ...about,
  };
}
