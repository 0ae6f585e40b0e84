import type { OperationRecord, StepRecord, StepState } from '../journal/records.ts';
import type { PlannedLane } from '../operations/story.ts';

/** An operation as a tree: its phases, in each the users, of each the steps; every one with its state and its times. */
export interface Branch {
  /** The same branch, however it stands by now. */
  key: string;
  /** Whose steps, or which phase; the step’s own words at the end. */
  label: string;
  kind: 'phase' | 'user' | 'step';
  state: StepState;
  startedAt: number | undefined;
  endedAt: number | undefined;
  /** When one of its steps last began or ended: the clock of whoever looks may be a second behind. */
  heardAt: number | undefined;
  /** Of a step, or of a branch that is only one. */
  step: StepRecord | undefined;
  branches: readonly Branch[];
  /** How many of its steps are done, of how many. */
  done: number;
  all: number;
}

/** What each phase of a bump is about. */
const phaseTexts: Readonly<Record<string, string>> = {
  judge: 'judge the version on copies',
  save: 'save everybody',
  switch: 'move pins and binary',
  users: 'one user after the other',
  close: 'close',
};

/** The tree of an operation. Steps that no lane has (those of recovery) come last. */
export function treeOf(steps: readonly StepRecord[], lanes: readonly PlannedLane[]): readonly Branch[] {
  const known = new Map(steps.map((step) => [step.id, step]));
  const placed = new Set<string>();
  const branches: { phase: string | undefined; branch: Branch }[] = [];
  for (const lane of lanes) {
    const own = lane.steps.flatMap(({ id }) => known.get(id) ?? []);
    for (const { id } of own) placed.add(id);
    if (own.length > 0) branches.push({ phase: lane.phase, branch: laneBranch(lane.user ?? undefined, own) });
  }
  const left = steps.filter(({ id }) => !placed.has(id));
  for (const user of new Set(left.map((step) => step.user)))
    branches.push({
      phase: undefined,
      branch: laneBranch(
        user,
        left.filter((step) => step.user === user),
      ),
    });
  return inPhases(branches);
}

function inPhases(branches: readonly { phase: string | undefined; branch: Branch }[]): readonly Branch[] {
  const all: Branch[] = [];
  for (const phase of new Set(branches.map((each) => each.phase))) {
    const own = branches.filter((each) => each.phase === phase).map(({ branch }) => branch);
    if (phase === undefined) all.push(...own);
    // A phase of the host alone is its steps: one level says nothing more.
    else all.push(groupOf(`phase ${phase}`, phaseTexts[phase] ?? phase, 'phase', own.flatMap(opened)));
  }
  return all;
}

/** The host’s own steps stand in their phase, not in a lane of nobody. */
const opened = (branch: Branch): readonly Branch[] =>
  branch.kind === 'user' && branch.label === '' ? branch.branches : [branch];

function laneBranch(user: string | undefined, steps: readonly StepRecord[]): Branch {
  const leaves = steps.map(stepBranch);
  const [only] = leaves;
  // A user with one step is one line.
  return only !== undefined && leaves.length === 1 && user !== undefined
    ? { ...only, kind: 'user', label: `${user}: ${only.label}` }
    : groupOf(`steps of ${only?.key ?? ''}`, user ?? '', 'user', leaves);
}

function stepBranch(step: StepRecord): Branch {
  return {
    key: step.id,
    label: step.title,
    kind: 'step',
    state: step.state,
    startedAt: step.startedAt,
    endedAt: step.endedAt,
    heardAt: step.endedAt ?? step.startedAt,
    step,
    branches: [],
    done: step.state === 'succeeded' ? 1 : 0,
    all: 1,
  };
}

function groupOf(key: string, label: string, kind: Branch['kind'], branches: readonly Branch[]): Branch {
  const starts = branches.flatMap(({ startedAt }) => startedAt ?? []);
  const ends = branches.flatMap(({ endedAt }) => endedAt ?? []);
  const heard = branches.flatMap(({ heardAt }) => heardAt ?? []);
  const over = branches.every(({ state }) => state !== 'started' && state !== 'pending');
  return {
    key,
    label,
    kind,
    state: stateOf(branches.map(({ state }) => state)),
    startedAt: starts.length === 0 ? undefined : Math.min(...starts),
    endedAt: over && ends.length > 0 ? Math.max(...ends) : undefined,
    heardAt: heard.length === 0 ? undefined : Math.max(...heard),
    step: undefined,
    branches,
    done: branches.reduce((sum, { done }) => sum + done, 0),
    all: branches.reduce((sum, { all }) => sum + all, 0),
  };
}

/** What went wrong weighs most, then what moves; some that are done while others wait: it moves. */
function stateOf(states: readonly StepState[]): StepState {
  for (const state of ['failed', 'refused', 'interrupted', 'undone', 'started'] as const)
    if (states.includes(state)) return state;
  if (states.every((state) => state === 'succeeded')) return 'succeeded';
  return states.includes('succeeded') ? 'started' : 'pending';
}

/** The lines of a tree from its root on: each with how deep it stands, and whether others follow beside it. */
export interface TreeRow {
  branch: Branch;
  follows: readonly boolean[];
}

/** @param folded Whose branches are not walked into. */
export function* walk(
  branches: readonly Branch[],
  folded: (branch: Branch) => boolean = () => false,
  follows: readonly boolean[] = [],
): Generator<TreeRow> {
  for (const [index, branch] of branches.entries()) {
    const here = [...follows, index < branches.length - 1];
    yield { branch, follows: here };
    if (!folded(branch)) yield* walk(branch.branches, folded, here);
  }
}

/** The keys from the root to a branch, its own the last; none where there is no such branch. */
export function pathTo(branches: readonly Branch[], key: string): readonly string[] {
  for (const branch of branches) {
    if (branch.key === key) return [key];
    const below = pathTo(branch.branches, key);
    if (below.length > 0) return [branch.key, ...below];
  }
  return [];
}

/** The steps of a branch. */
export function stepsIn(branch: Branch): readonly StepRecord[] {
  return branch.step === undefined ? branch.branches.flatMap(stepsIn) : [branch.step];
}

/** How long something took, or takes; undefined before it began. */
export function spanOf(
  { startedAt, endedAt, heardAt, state }: Pick<Branch, 'startedAt' | 'endedAt' | 'heardAt' | 'state'>,
  now: number,
): number | undefined {
  if (startedAt === undefined) return undefined;
  return endedAt !== undefined
    ? endedAt - startedAt
    : state === 'started'
      ? Math.max(now, heardAt ?? 0) - startedAt
      : undefined;
}

/** How long an operation took, or takes. */
export function durationOf(operation: OperationRecord, now: number): number | undefined {
  return operation.startedAt === undefined ? undefined : (operation.endedAt ?? now) - operation.startedAt;
}
