import path from 'node:path';
import { entryCommand } from '../../host/program.ts';
import { complaint, failureText } from '../../host/commands.ts';
import type { Contents } from '../../snapshots/owner/protocol.ts';
import { clearScratch, duplicateDatabase, SnapshotProblem } from '../../snapshots/snapshotter.ts';
import { lineSchema, type TrialReport, type TrialRequest } from '../../t3/gate/protocol.ts';
import { judgeTrial, levelAfter, migrationsRun, type GateFinding } from '../../t3/gate/verdict.ts';
import { schemaLevel, type Migration } from '../../t3/state-database.ts';
import { excerpt } from '../../text/printable.ts';
import { room } from '../guards/free-space.ts';
import { readOnlyGuard } from '../guards/read-only.ts';
import type { GateStep } from '../plan.ts';
import { unstoppable } from './snapshot.ts';
import { StepRefused, type StepContext, type StepKind } from './step.ts';

/** The evidence of one trial. */
export interface GateResult {
  role: GateStep['role'];
  version: string;
  /** Whose database was copied; null for an empty one. */
  database: string | null;
  /** What is wrong; null when it passed. */
  finding: Exclude<GateFinding, undefined> | null;
  report: TrialReport;
  schema: { before: Migration | null; after: Migration | null };
  /** The migrations that it ran: `31_AuthAuthorizationScopes`. */
  migrations: string[];
  /** What of the isolation this machine cannot do. */
  missing: string[];
}

/** How much longer than the trial the whole of it may take, milliseconds: starting, stopping, mapping memory. */
const grace = 30_000;

/**
 * A version tried on a copy of a real database, or on none (guarantee 6): started as production starts it, where nobody
 * reaches it, and paired with. The copy is thrown away. What cannot be tried has not passed, and is not held against
 * the version.
 */
export const gateStep: StepKind<GateStep> = {
  guards: [readOnlyGuard],
  whenStopped: 'the trial is ended, and its copy removed',

  async run(context, step) {
    const found = await context.binaries.of(step.version);
    if ('problem' in found) throw notTrustworthy(found.problem);
    const { host } = context;
    const scratch = scratchOf(step);
    let before: Contents | undefined;
    let after: Contents | undefined;
    let report: TrialReport;
    try {
      before = await copy(context, step);
      report = await tryOut(context, step, found.binary);
    } finally {
      after = await clearScratch(host, scratch, unstoppable(context));
    }
    if (context.signal.aborted) throw new Error('stopped');
    const finding = judgeTrial({
      version: step.version,
      report,
      before,
      after,
      dispatch: context.config.dispatch,
    });
    const result: GateResult = {
      role: step.role,
      version: step.version,
      database: step.database === null ? null : step.user,
      finding: finding ?? null,
      report,
      schema: {
        before: (before === undefined ? undefined : schemaLevel(before.migrations)) ?? null,
        after: levelAfter(after) ?? null,
      },
      migrations: migrationsRun(before, after),
      missing: await host.isolation.missing(),
    };
    return finding === undefined ? { result } : { result, refused: true, failure: wordsFor(step, finding) };
  },

  async recover(context, step) {
    await context.host.isolation.end(nameOf(context, step));
    await clearScratch(context.host, scratchOf(step), unstoppable(context));
    return undefined;
  },
};

const notTrustworthy = (words: string) => new StepRefused(excerpt(`gate not trustworthy: ${words}`));

/** What fails for the version that runs here every day is not the candidate's fault. */
function wordsFor(
  { role, version, database, user }: GateStep,
  finding: Exclude<GateFinding, undefined>,
): string {
  const where = database === null ? 'an empty database' : `a copy of ${user}’s database`;
  if (finding.of === 'host') return excerpt(`gate not trustworthy: ${finding.words}`);
  return excerpt(
    role === 'control'
      ? `gate not trustworthy: ${version}, which is installed, does not pass it on ${where}: ${finding.words}`
      : `${version} is not fit, on ${where}: ${finding.words}`,
  );
}

/** @throws StepRefused where the trial cannot be prepared: that says nothing of any version */
async function copy(context: StepContext, step: GateStep): Promise<Contents | undefined> {
  const { host, account, config } = context;
  await host.files.ensureFolderFor(step.backups, account);
  const enough = await room(context, step.id, step.backups, step.bytes);
  if (!enough.holds) throw notTrustworthy(enough.reason);
  try {
    return await duplicateDatabase(
      host,
      {
        source: step.database,
        home: step.home,
        backups: step.backups,
        scratch: step.scratch,
        patience: config.limits.commandTimeout,
      },
      { ...unstoppable(context), promised: step.bytes, signal: context.signal },
    );
  } catch (error) {
    if (context.signal.aborted || !(error instanceof SnapshotProblem)) throw error;
    throw notTrustworthy(`${step.user}’s database cannot be copied: ${error.message}`);
  }
}

async function tryOut(context: StepContext, step: GateStep, binary: string): Promise<TrialReport> {
  const { host, account, config, signal } = context;
  const request: TrialRequest = {
    binary,
    baseDir: step.scratch,
    bind: config.gate.bind,
    pairingPaths: config.dispatch.pairingPaths,
    startTimeout: config.limits.startTimeout,
    t3Timeout: config.limits.t3Timeout,
    httpTimeout: config.limits.httpTimeout,
    watch: config.gate.watch,
    maxBody: config.limits.httpBody,
  };
  let report: TrialReport | undefined;
  const result = await host.isolation.run(entryCommand('gate'), {
    account,
    name: nameOf(context, step),
    writes: step.scratch,
    timeout: request.startTimeout + request.t3Timeout + request.watch + grace,
    memory: config.gate.memory,
    input: JSON.stringify(request),
    signal,
    onLine(text) {
      const line = parseLine(text);
      if (line === undefined) return;
      if ('report' in line) report = line.report;
      else context.event('info', { type: 'text', text: `${step.version}: ${excerpt(line.doing, 40)}` });
    },
  });
  if (signal.aborted) throw new Error('stopped');
  if (report !== undefined && failureText(result) === undefined) return report;
  throw notTrustworthy(`the trial was cut short: ${complaint(result)}`);
}

function parseLine(text: string) {
  try {
    return lineSchema.safeParse(JSON.parse(text)).data;
  } catch {
    // Not JSON: without a report there was no trial.
    return undefined;
  }
}

const nameOf = ({ operation }: StepContext, { scratch }: GateStep) =>
  `t3-cockpit-gate-${operation}${path.basename(scratch).replaceAll('.', '-')}`;

const scratchOf = ({ backups, scratch }: GateStep) => ({ backups, own: path.dirname(scratch), scratch });
