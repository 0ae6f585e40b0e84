import { mappingProblems } from '../fleet/mapping.ts';
import type { Fleet, Instance } from '../fleet/fleet.ts';
import { valueOf, type Observation } from '../fleet/observation.ts';
import { schemaAheadRemedy } from '../fleet/verification.ts';
import { isRunning, type UnitState } from '../host/units/units.ts';
import { fromTheFuture } from '../snapshots/catalog.ts';
import { schemaAhead } from '../t3/levels.ts';
import { killsText } from './unit.ts';

/** What is wrong, or could not be looked at, in whole sentences: a cell has room for a word or two. */

/** With the host as a whole. */
export function hostProblemTexts(fleet: Fleet): string[] {
  const about = (subject: string, observation: Observation<unknown>, found: readonly string[]): string[] =>
    observation.kind === 'unknown'
      ? [`${subject}: ${observation.reason}`]
      : found.map((words) => `${subject}, ${words}`);
  return [
    ...about(
      'user map',
      fleet.userMap,
      (valueOf(fleet.userMap) ?? []).map(({ line, message }) => `line ${line}: ${message}`),
    ),
    ...about('dispatch table', fleet.dispatchTable, valueOf(fleet.dispatchTable) ?? []),
    ...about('freeze', fleet.freeze, []),
    ...about('last good version', fleet.lastGood, []),
    ...about('host’s own jobs', fleet.jobs, []),
    ...(valueOf(fleet.jobs) ?? [])
      .filter(({ ended }) => ended === 'failed')
      .map(({ name }) => `${name} has failed: systemctl status ${name}`),
  ];
}

/** What is wrong with one instance: of which sort, and in words. */
export interface InstanceProblem {
  sort: 'account' | 'ahead' | 'mapping' | 'memory' | 'not known' | 'snapshot';
  words: string;
  /** What helps, in words, where that is not plain. */
  remedy?: string;
}

/** With one user's instance, what weighs most first, in sentences. @param wall Now, milliseconds since 1970. */
export function instanceProblems(instance: Instance, wall: number): string[] {
  return problemsOf(instance, wall).map(({ words, remedy }) =>
    remedy === undefined ? words : `${words}; ${remedy}`,
  );
}

/** With one user's instance, what weighs most first. @param wall Now, milliseconds since 1970. */
export function problemsOf(instance: Instance, wall: number): InstanceProblem[] {
  if (instance.account.kind === 'unknown')
    return [{ sort: 'account', words: `account: ${instance.account.reason}` }];
  const unit = valueOf(instance.unit);
  const facts: [string, Observation<unknown>][] = [
    ['unit', instance.unit],
    ['port', instance.port],
    // A server that is stopped need not answer.
    ...(unit !== undefined && isRunning(unit)
      ? ([['answers', instance.liveness]] satisfies [string, Observation<unknown>][])
      : []),
    ['state database', instance.state],
    ['snapshots', instance.snapshots],
    ['hosting', instance.hosting],
    ['deferral', instance.deferral],
  ];
  const unknowns = facts.flatMap(([subject, fact]): InstanceProblem[] =>
    fact.kind === 'unknown' ? [{ sort: 'not known', words: `${subject}: ${fact.reason}` }] : [],
  );
  return [
    ...schemaProblem(instance),
    ...mappingProblems(instance).map((words): InstanceProblem => ({ sort: 'mapping', words })),
    ...unknowns,
    ...memoryProblem(unit),
    ...snapshotProblems(instance, wall),
  ];
}

/** A server that runs, and of which something was killed, looks well; whoever lost an agent's work knows better. */
function memoryProblem(unit: UnitState | undefined): InstanceProblem[] {
  const words = unit === undefined || !isRunning(unit) ? undefined : killsText(unit.kills ?? 0);
  if (words === undefined) return [];
  return [{ sort: 'memory', words, remedy: 'its log says when (l); a restart counts anew' }];
}

function schemaProblem(instance: Instance): InstanceProblem[] {
  const state = valueOf(instance.state);
  const running = valueOf(instance.liveness)?.version;
  if (state === undefined || running === undefined) return [];
  const ahead = schemaAhead(running, state.migrations, state.migratedAt, valueOf(instance.unit)?.since);
  return ahead === undefined ? [] : [{ sort: 'ahead', words: ahead, remedy: schemaAheadRemedy(instance) }];
}

function snapshotProblems(instance: Instance, wall: number): InstanceProblem[] {
  const entries = valueOf(instance.snapshots) ?? [];
  const early = entries
    .filter((entry) => fromTheFuture(entry, wall))
    .map(({ file }) => `snapshot ${file} is from the future, and does not count`);
  const bad = entries
    .filter(({ standing }) => standing === 'damaged' || standing === 'changed' || standing === 'missing')
    .map(({ file, standing, record }) => {
      const words = record?.problem?.words ?? record?.tried?.problem;
      return `snapshot ${file} is ${standing}${words === undefined ? '' : `: ${words}`}`;
    });
  return [...early, ...bad].map((words): InstanceProblem => ({ sort: 'snapshot', words }));
}
