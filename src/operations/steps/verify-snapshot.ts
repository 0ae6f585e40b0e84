import { recordProblem, recordTried, recordVerified, type NewSnapshot } from '../../journal/snapshots.ts';
import type { SnapshotFacts } from '../../snapshots/manifest.ts';
import {
  clearScratch,
  examineSnapshot,
  SnapshotFinding,
  SnapshotProblem,
  unpackSnapshot,
} from '../../snapshots/snapshotter.ts';
import { openWithT3, type T3Call } from '../../t3/command-line.ts';
import { knownLevel, versionOfLevel } from '../../t3/levels.ts';
import { schemaLevel, type Migration } from '../../t3/state-database.ts';
import { readOnlyGuard } from '../guards/read-only.ts';
import type { VerifySnapshotStep } from '../plan.ts';
import { unstoppable } from './snapshot.ts';
import type { StepContext, StepDone, StepKind } from './step.ts';

/** What a test restore came to. `inconclusive` is no pass: nobody knows yet whether it can be restored. */
export type Trial =
  | { outcome: 'opened'; version: string }
  | { outcome: 'failed'; version: string; reason: string }
  | { outcome: 'inconclusive'; reason: string };

/** What remains of a snapshot's verification. */
export interface VerifySnapshotResult {
  file: string;
  /** Undefined when it could not be read, or is not what was recorded. */
  facts?: SnapshotFacts;
  problem?: string;
  trial?: Trial;
}

/**
 * Read a snapshot wholly: checksum against the journal's, integrity, contents; then unpack it into a scratch folder and
 * have the t3 that it was taken of open it. One that nobody vouched for, of the host's own scripts too, is vouched for
 * from then on.
 */
export const verifySnapshotStep: StepKind<VerifySnapshotStep> = {
  guards: [readOnlyGuard],
  whenStopped: 'the snapshot being read is left as it was, and its scratch folder removed',

  async run(context, step) {
    const examined = await examine(context, step);
    if ('problem' in examined) {
      return {
        result: { file: step.file, problem: examined.problem } satisfies VerifySnapshotResult,
        together: (db) => recordProblem(db, recordOf(context, step), examined.problem),
        failure: examined.problem,
      };
    }
    const trial = step.scratch === null ? undefined : await tryOut(context, step, step.scratch, examined);
    return done(context, step, examined, trial);
  },

  async recover(context, step) {
    if (step.scratch !== null)
      await clearScratch(context.host, scratchOf(step, step.scratch), unstoppable(context));
    return undefined;
  },
};

/** @throws SnapshotProblem when it could not be looked at, or was stopped: that says nothing about the snapshot. */
async function examine(
  context: StepContext,
  step: VerifySnapshotStep,
): Promise<SnapshotFacts | { problem: string }> {
  try {
    const facts = await examineSnapshot(
      context.host,
      { backups: step.backups, folder: step.folder, name: step.file },
      {
        ...unstoppable(context),
        signal: context.signal,
        onProgress: ({ phase, done: bytes, total }) => context.progress(phase, bytes, total),
      },
    );
    return step.sha256 === null || facts.sha256 === step.sha256
      ? facts
      : { problem: 'its checksum is not the one that was recorded: the file was changed' };
  } catch (error) {
    if (!(error instanceof SnapshotFinding)) throw error;
    return { problem: error.message };
  }
}

/** The test restore. The scratch folder is gone afterwards, however it ends. */
async function tryOut(
  context: StepContext,
  step: VerifySnapshotStep,
  scratch: string,
  facts: SnapshotFacts,
): Promise<Trial> {
  const inconclusive = (reason: string): Trial => ({ outcome: 'inconclusive', reason });
  const level = schemaLevel(facts.migrations)?.id ?? 0;
  const version = matchingVersion(step.version, level);
  if (version === undefined) return inconclusive(`nobody knows which t3 made schema ${level}`);
  const binary = await context.binaries.of(version);
  if ('problem' in binary) return inconclusive(binary.problem);
  if (!(await isRoom(context, step, facts.bytes)))
    return inconclusive('no room to unpack it (snapshots.keepFree)');
  const { host, account, config } = context;
  const call: T3Call = {
    host,
    binary: binary.binary,
    account,
    baseDir: scratch,
    timeout: config.limits.t3Timeout,
  };
  let opened: Awaited<ReturnType<typeof openWithT3>>;
  let after: Migration[] | undefined;
  try {
    await unpackSnapshot(
      host,
      { backups: step.backups, folder: step.folder, name: step.file, scratch },
      unstoppable(context),
    );
    context.space.written(step.id, facts.bytes);
    opened = await openWithT3(call);
  } catch (error) {
    // It was read wholly: that it cannot be copied now is no news of it.
    if (error instanceof SnapshotProblem) return inconclusive(`it could not be unpacked: ${error.message}`);
    throw error;
  } finally {
    after = (await clearScratch(host, scratchOf(step, scratch), unstoppable(context)))?.migrations;
  }
  // A t3 that hangs says nothing about the snapshot, and neither does one that cannot open anything.
  if (opened === 'no answer') return inconclusive(`t3 ${version} did not end`);
  const reason = opened?.problem ?? whatChanged(facts.migrations, after);
  if (reason === undefined) return { outcome: 'opened', version };
  if (opened !== undefined && !(await opensNew(context, step, call)))
    return inconclusive(`t3 ${version} cannot open a new database either: ${opened.problem}`);
  return { outcome: 'failed', version, reason };
}

/** Room for the copy on the file system of the backups, beside what other users' trials take now. */
async function isRoom(
  { host, config, space }: StepContext,
  step: VerifySnapshotStep,
  bytes: number,
): Promise<boolean> {
  const facts = await host.files.look(step.backups);
  if (facts === undefined) return false;
  const free = await host.files.free(step.backups);
  return space.promise(step.id, facts.device, bytes, free, config.snapshots.keepFree) === 0;
}

/** The control of a failed trial: a t3 makes a database where there is none (docs/t3-contract.md, command line). */
async function opensNew(context: StepContext, step: VerifySnapshotStep, call: T3Call): Promise<boolean> {
  let made: object | undefined;
  let opened: Awaited<ReturnType<typeof openWithT3>>;
  try {
    opened = await openWithT3(call);
  } finally {
    made = await clearScratch(context.host, scratchOf(step, call.baseDir), unstoppable(context));
  }
  return opened === undefined && made !== undefined;
}

/** The version that the snapshot was taken of, unless its schema says that it was not: then the one that made that. */
function matchingVersion(version: string | null, level: number): string | undefined {
  if (version !== null && (knownLevel(version) ?? level) === level) return version;
  return versionOfLevel(level);
}

/** The t3 that it was taken of has nothing to migrate in it. */
function whatChanged(
  before: readonly Migration[],
  after: readonly Migration[] | undefined,
): string | undefined {
  if (after === undefined) return 'what t3 left of it cannot be read';
  const [was, is] = [schemaLevel(before), schemaLevel(after)];
  return was?.id === is?.id && was?.name === is?.name
    ? undefined
    : `t3 took its schema from ${was?.id} to ${is?.id}`;
}

function scratchOf(step: VerifySnapshotStep, scratch: string) {
  return { backups: step.backups, own: scratch.slice(0, scratch.lastIndexOf('/')), scratch };
}

function done(
  context: StepContext,
  step: VerifySnapshotStep,
  facts: SnapshotFacts,
  trial: Trial | undefined,
): StepDone {
  const record = { ...recordOf(context, step), ...facts };
  const result: VerifySnapshotResult = { file: step.file, facts, ...(trial === undefined ? {} : { trial }) };
  return {
    result,
    together(db) {
      recordVerified(db, record);
      if (trial !== undefined && trial.outcome !== 'inconclusive')
        recordTried(
          db,
          step,
          record.verifiedAt,
          trial.version,
          trial.outcome === 'failed' ? trial.reason : undefined,
        );
    },
    ...(trial === undefined || trial.outcome === 'opened'
      ? {}
      : { failure: `whole, but its test restore ${words(trial)}` }),
  };
}

function words(trial: Exclude<Trial, { outcome: 'opened' }>): string {
  return trial.outcome === 'failed'
    ? `by t3 ${trial.version} failed: ${trial.reason}`
    : `was not possible: ${trial.reason}`;
}

/** One that the journal did not know was not made by us: no operation stands beside it, and no retention removes it. */
function recordOf({ host }: StepContext, step: VerifySnapshotStep): Omit<NewSnapshot, keyof SnapshotFacts> {
  return {
    user: step.user,
    kind: step.snapshotKind,
    folder: step.folder,
    file: step.file,
    takenAt: step.takenAt,
    version: step.version ?? undefined,
    verifiedAt: host.clock.now(),
    operation: undefined,
  };
}
