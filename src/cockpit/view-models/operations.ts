import { dateText, durationText, pad } from '../../view/format.ts';
import { standingText, stepResultText } from '../../view/operation.ts';
import type { Glyphs } from '../glyphs.ts';
import type { CockpitState, ListedOperation, Mode } from '../state.ts';
import { listedRows } from './listed.ts';
import { clip, segment, type Line } from './line.ts';
import type { Pane } from './operation.ts';

/** The newest operations, and the steps of the selected one below them. */
export function operationsBody(
  state: CockpitState,
  mode: Extract<Mode, { kind: 'operations' }>,
  height: number,
  glyphs: Glyphs,
): Pane {
  const { operations, size } = state;
  const chosen = operations[mode.at];
  const room = Math.max(1, Math.ceil((height - 2) / 2));
  const { lines, where, selected } = listedRows(
    operations.length,
    mode.at,
    Math.min(room, height),
    (index, pointed) => {
      const listed = operations[index];
      return listed === undefined ? [] : clip(rowLine(listed, pointed, state, glyphs), size.columns);
    },
  );
  const steps =
    chosen === undefined ? [] : stepLines(chosen, Math.max(0, height - lines.length - 1), size.columns);
  return {
    title: operations.length === 0 ? 'no operations yet' : `operations${where}`,
    tone: 'plain',
    selected,
    lines: [...lines, [], ...steps],
  };
}

function isCutOff(state: CockpitState, { operation }: ListedOperation): boolean {
  return state.cutOff.some((each) => each.operation.id === operation.id);
}

function rowLine(listed: ListedOperation, selected: boolean, state: CockpitState, glyphs: Glyphs): Line {
  const { operation } = listed;
  const cutOff = isCutOff(state, listed);
  const took =
    operation.startedAt === undefined || operation.endedAt === undefined
      ? '-'
      : durationText(operation.endedAt - operation.startedAt);
  const tone =
    operation.outcome === 'succeeded' ? 'ok' : operation.outcome === undefined && !cutOff ? 'busy' : 'danger';
  return [
    segment(`  ${selected ? glyphs.pointer : ' '} `, 'plain', selected),
    segment(`${pad(String(operation.id), 5, 'right')}  ${pad(operation.kind, 10)} `, 'plain', selected),
    segment(`${pad(dateText(operation.requestedAt), 19)} ${pad(took, 7, 'right')}  `, 'muted'),
    segment(`${pad(operation.actor.sudoUser ?? operation.actor.user, 10)} `, 'muted'),
    segment(standingText(operation, cutOff), tone),
  ];
}

function stepLines({ operation, steps }: ListedOperation, height: number, columns: number): Line[] {
  const shown = steps.slice(0, Math.max(0, height - 1));
  const lines = shown.map((step): Line =>
    clip(
      [
        segment(`  ${pad(step.user ?? '', 12, 'left', 'middle')} `, 'plain'),
        segment(`${pad(step.state, 11)} `, step.state === 'succeeded' ? 'ok' : 'attention'),
        segment(step.title, 'plain'),
        segment(`  ${stepResultText(step)}`, 'muted'),
      ],
      columns,
    ),
  );
  const more = steps.length - shown.length;
  return [
    [
      segment(
        ` steps of operation ${operation.id}${more > 0 ? `, ${more} more: t3-cockpit operations ${operation.id}` : ''}`,
        'plain',
        true,
      ),
    ],
    ...lines,
  ];
}
