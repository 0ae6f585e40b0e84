import type { StepState } from '../../journal/records.ts';
import type { Tone } from '../../view/cell.ts';
import { durationText, pad } from '../../view/format.ts';
import { stepResultText } from '../../view/operation.ts';
import { pathTo, spanOf, treeOf, walk, type Branch, type TreeRow } from '../../view/tree.ts';
import { glyphsOf, type Glyphs } from '../glyphs.ts';
import type { CockpitState, Mode, OpenedOperation } from '../state.ts';
import { layoutOf } from './layout.ts';
import { clip, lineWidth, segment, type Line } from './line.ts';
import { progressText, signOf } from './progress.ts';

/** The tree of an operation: which of its branches are open, which one is selected, and how each line looks. */

type Opened = Extract<Mode, { kind: 'operation' }>;

/** The branches in sight, and the place of the selected one among them. */
export interface Tree {
  rows: readonly TreeRow[];
  at: number;
  isFolded: (branch: Branch) => boolean;
}

/** Of one story the tree is the same. */
const trees = new WeakMap<OpenedOperation, { branches: readonly Branch[]; length: number }>();

function branchesOf(opened: OpenedOperation): { branches: readonly Branch[]; length: number } {
  const known = trees.get(opened);
  if (known !== undefined) return known;
  const branches = treeOf(opened.steps, opened.lanes);
  const made = { branches, length: [...walk(branches)].length };
  trees.set(opened, made);
  return made;
}

/**
 * Where not all of it has room, what is done and what has not begun is folded: what moves and what went wrong is in
 * sight. What was folded or unfolded by hand stays so, and nothing folds over the selected branch.
 */
export function treeIn(state: CockpitState, mode: Opened): Tree {
  const { opened } = state;
  if (opened === undefined) return { rows: [], at: 0, isFolded: () => false };
  const { branches, length } = branchesOf(opened);
  const long = length > layoutOf(state).body - 1;
  const path = mode.row === undefined ? [] : pathTo(branches, mode.row);
  const above = new Set(path.slice(0, -1));
  const isFolded = ({ key, state: standing, branches: below }: Branch) =>
    below.length > 0 &&
    (mode.folds?.[key] ?? (long && (standing === 'succeeded' || standing === 'pending') && !above.has(key)));
  const rows = [...walk(branches, isFolded)];
  // Folded by hand over what was selected: the branch that hides it.
  const selected = path.findLast((key) => rows.some(({ branch }) => branch.key === key));
  const at = selected === undefined ? focusIn(rows) : rows.findIndex(({ branch }) => branch.key === selected);
  return { rows, at, isFolded };
}

/** Where the tree has to be looked at while it runs: the first step that moves, else what went wrong. */
function focusIn(rows: readonly TreeRow[]): number {
  const lastIn = (standing: StepState) =>
    rows.findIndex(
      ({ branch }, index) =>
        branch.state === standing &&
        (branch.branches.length === 0 || rows[index + 1]?.branch !== branch.branches[0]),
    );
  const found = (['started', 'failed', 'refused', 'interrupted'] as const).map(lastIn);
  return found.find((at) => at !== -1) ?? 0;
}

/** The branch that is selected, or looked at because it moves. */
export function selectedBranch(state: CockpitState, mode: Opened): Branch | undefined {
  const { rows, at } = treeIn(state, mode);
  return rows[at]?.branch;
}

/** The keys of all branches that have others below them. */
export function foldable(opened: OpenedOperation): string[] {
  return [...walk(branchesOf(opened).branches)].flatMap(({ branch }) =>
    branch.branches.length > 0 ? branch.key : [],
  );
}

/** The branch above one, where there is one. */
export function parentOf(opened: OpenedOperation, key: string): string | undefined {
  return pathTo(branchesOf(opened).branches, key).at(-2);
}

/** One line of the tree in a window of so many columns. */
export function treeRowLine(
  state: CockpitState,
  mode: Opened,
  tree: Tree,
  index: number,
  columns: number,
): Line {
  const row = tree.rows[index];
  if (row === undefined) return [];
  const { branch } = row;
  const paces = state.operation?.operation.id === mode.id ? state.operation.paces : {};
  const progress =
    branch.step?.progress === undefined || branch.state !== 'started'
      ? undefined
      : progressText(branch.step.progress, paces[branch.step.id]);
  return treeLine(row, tree.isFolded(branch), progress, state.now.wall, columns, glyphsOf(state.look));
}

/** Columns of how long something took, at the right. */
const tookColumns = 9;

function treeLine(
  { branch, follows }: TreeRow,
  folded: boolean,
  progress: string | undefined,
  wall: number,
  columns: number,
  glyphs: Glyphs,
): Line {
  const sign = signOf(branch);
  const glyph = glyphs[sign.glyph];
  const stems = follows
    .map((more, depth) =>
      depth < follows.length - 1
        ? more
          ? `${glyphs.stem} `
          : '  '
        : `${more ? glyphs.branch : glyphs.last}${glyphs.rule}`,
    )
    .join('');
  const fold = branch.branches.length === 0 ? '' : `${folded ? glyphs.folded : glyphs.unfolded} `;
  const span = spanOf(branch, wall);
  const took = pad(span === undefined ? '' : durationText(span), tookColumns, 'right');
  const count =
    branch.branches.length === 0 || (branch.state === 'succeeded' && !folded)
      ? ''
      : `  ${branch.done} of ${branch.all}`;
  const words = branch.step === undefined ? '' : (progress ?? stepResultText(branch.step));
  const bad = branch.state === 'failed' || branch.state === 'refused';
  const left = clip(
    [
      segment(` ${stems}`, 'muted'),
      segment(` ${typeof glyph === 'string' ? glyph : ''} `, sign.tone),
      segment(fold, 'muted'),
      segment(branch.label, labelTone(branch), branch.kind !== 'step'),
      segment(count, 'muted'),
      segment(words === '' ? '' : `  ${words}`, bad ? sign.tone : progress === undefined ? 'muted' : 'busy'),
    ],
    columns - tookColumns - 1,
  );
  const space = Math.max(1, columns - lineWidth(left) - tookColumns);
  return [...left, segment(' '.repeat(space)), segment(took, 'muted')];
}

function labelTone({ state }: Branch): Tone {
  if (state === 'pending') return 'muted';
  return state === 'started' ? 'busy' : 'plain';
}
