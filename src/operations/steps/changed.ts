import { readAs } from '../../fleet/reader/read.ts';
import { readSnapshots } from '../../journal/snapshots.ts';
import { schemaLevel } from '../../t3/state-database.ts';
import { excerpt } from '../../text/printable.ts';
import type { ProveStep } from '../plan.ts';
import type { SnapshotResult } from './snapshot.ts';
import type { StartResult } from './start.ts';
import type { StepContext } from './step.ts';

/**
 * What a restart has changed since the snapshot that was taken right before it, and how to put that back: the first
 * questions when nobody can pair any more. What cannot be read is said; this never throws.
 */
export async function changedByRestart(context: StepContext, step: ProveStep): Promise<string> {
  const { user } = step;
  const before = context.resultOf(`${user}/snapshot`) as SnapshotResult | undefined;
  if (before === undefined) return 'no snapshot was taken before it';
  const started = context.resultOf(`${user}/start`) as StartResult | undefined;
  const was = readSnapshots(context.journal, user).find(({ file }) => file === before.file)?.version;
  const changes = [
    ...(started?.version == null || started.version === was ? [] : [`t3 ${was ?? '?'} → ${started.version}`]),
    ...(await schemaChange(context, step, schemaLevel(before.migrations)?.id)),
  ];
  const words = changes.length === 0 ? 'neither version nor schema' : changes.join(', ');
  return `changed by the restart: ${words}. To put back what was there before: t3-cockpit restore ${user} --snapshot ${before.file}`;
}

async function schemaChange(
  { host, config, account }: StepContext,
  { database }: ProveStep,
  before: number | undefined,
): Promise<string[]> {
  try {
    const { answers } = await readAs(host, config, account, [
      { task: 'state', path: database, home: account.home, patience: config.limits.readerTimeout / 2 },
    ]);
    const [state] = answers;
    if ('problem' in state) return [`schema ${before ?? '?'} → ? (${state.problem})`];
    const now = schemaLevel(state.facts.migrations)?.id;
    return now === before ? [] : [`schema ${before ?? '?'} → ${now ?? '?'}`];
  } catch (error) {
    return [
      `schema ${before ?? '?'} → ? (${excerpt(error instanceof Error ? error.message : String(error))})`,
    ];
  }
}
