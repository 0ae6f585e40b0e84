import { valueOf } from '../../fleet/observation.ts';
import { knownLevel } from '../../t3/levels.ts';
import { pad } from '../../view/format.ts';
import { offeredIn, whyNotOffered } from '../offered.ts';
import type { Glyphs } from '../glyphs.ts';
import type { CockpitState, Mode } from '../state.ts';
import { listedRows } from './listed.ts';
import { clip, segment, type Line } from './line.ts';
import type { Pane } from './operation.ts';

/** The versions that the package source has, newest first: which can be brought to everybody, and who runs which. */
export function versionsBody(
  state: CockpitState,
  mode: Extract<Mode, { kind: 'versions' }>,
  height: number,
  glyphs: Glyphs,
): Pane {
  const { columns } = state.size;
  const versions = offeredIn(mode);
  const { lines, where, selected } = listedRows(
    versions.length,
    mode.at,
    Math.max(1, height - 1),
    (index, chosen) => clip(rowLine(versions[index] ?? '', chosen, state, mode, glyphs), columns),
  );
  const { choice } = mode;
  const instead: Line[] =
    choice === undefined
      ? [[segment('    asking the package source…', 'muted')]]
      : 'problem' in choice
        ? [clip([segment(`    ${choice.problem}`, 'danger')], columns)]
        : [];
  return {
    title: `bump: choose a version${where}`,
    tone: 'plain',
    // Below the titles.
    selected: selected === undefined ? undefined : selected + 1,
    lines: [
      clip(
        [segment(`    ${pad('VERSION', 26)} ${pad('SCHEMA', 6, 'right')}  ${pad('TAGS', 16)} `, 'muted')],
        columns,
      ),
      ...instead,
      ...lines,
    ],
  };
}

function rowLine(
  version: string,
  selected: boolean,
  state: CockpitState,
  { choice }: Extract<Mode, { kind: 'versions' }>,
  glyphs: Glyphs,
): Line {
  const { fleet } = state;
  const tags = choice === undefined || 'problem' in choice ? {} : choice.tags;
  const users = fleet.instances
    .filter(({ liveness }) => valueOf(liveness)?.version === version)
    .map(({ user }) => user);
  const why = whyNotOffered(version, fleet);
  const tagged = Object.keys(tags).filter((tag) => tags[tag] === version);
  return [
    segment(`  ${selected ? glyphs.pointer : ' '} `, 'plain', selected),
    segment(`${pad(version, 26, 'left', 'middle')} `, why === undefined ? 'plain' : 'muted', selected),
    segment(`${pad(String(knownLevel(version) ?? '-'), 6, 'right')}  `, 'muted'),
    segment(`${pad(tagged.join(' '), 16)} `, 'ok'),
    segment(why === undefined ? '' : `${why}  `, 'muted'),
    segment(users.length === 0 ? '' : `run by ${users.join(', ')}`, 'muted'),
  ];
}
