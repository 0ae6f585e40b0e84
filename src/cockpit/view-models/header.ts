import { isFrozen } from '../../fleet/fleet.ts';
import { valueOf } from '../../fleet/observation.ts';
import { hostTexts } from '../../view/host.ts';
import { pinsText } from '../../view/pins.ts';
import { factCell } from '../../view/cell.ts';
import { cell } from '../../view/cell.ts';
import { aboutRequest } from '../../operations/schedule/about.ts';
import { clockText, timeText } from '../../view/format.ts';
import { visibleInstances } from '../arrange.ts';
import { operationRuns, type CockpitState } from '../state.ts';
import { segment, spread, type Line } from './line.ts';
import { findingsIn } from './findings.ts';
import { hostProblems } from './layout.ts';

/** The line above everything: which host, which versions and whether they agree, what is special now, what time it is. */
export function headerLine(state: CockpitState): Line {
  const { config, fleet, now, size } = state;
  const installed = factCell(fleet.installed, now.tick, config.cadence.installed, (version) => cell(version));
  const pinned = factCell(fleet.pins, now.tick, config.cadence.installed, (pins) => {
    const agrees = pins.agreed?.kind !== 'version' || pins.agreed.version === valueOf(fleet.installed);
    return cell(pinsText(pins), pins.agreed === undefined || !agrees ? 'attention' : 'plain');
  });
  const left: Line[] = [
    [segment(' t3-cockpit ', 'plain', true), segment(config.host.name, 'plain', true)],
    // What is left out from the end where there is no room is not that some rows are hidden.
    ...(state.filter === '' ? [] : [[segment(`  ${usersText(state)}`, 'attention', true)]]),
    [segment('  installed ', 'muted'), segment(installed.text, installed.tone)],
    [segment(' · pinned ', 'muted'), segment(pinned.text, pinned.tone)],
    ...(state.filter === '' ? [[segment(` · ${usersText(state)}`, 'muted')]] : []),
  ];
  const right: Line = [
    ...needsLine(state),
    ...(operationRuns(state)
      ? [segment(`operation ${state.operation?.operation.id ?? ''} runs  `, 'busy')]
      : []),
    ...waitingSegments(state),
    ...(valueOf(fleet.jobs) ?? [])
      .filter(({ running }) => running)
      .map(({ name }) => segment(`${name} runs  `, 'attention')),
    ...(isFrozen(fleet) ? [segment('FROZEN  ', 'attention', true)] : []),
    ...(config.readOnly ? [segment('READ-ONLY  ', 'attention', true)] : []),
    // Without seconds: they would draw the whole screen again once a second, for nothing that anybody needs.
    segment(`${timeText(now.wall).slice(0, 5)} `, 'muted'),
  ];
  return spread(left, right, size.columns);
}

/** What is agreed to and comes next, or has come to nothing: whoever looks in the evening should know of the night. */
function waitingSegments({ schedules, now }: CockpitState): Line {
  const waiting = schedules.filter(({ state }) => state === 'waiting');
  const [next] = waiting
    .filter(({ endsAt }) => endsAt >= now.wall)
    .toSorted((a, b) => a.beginsAt - b.beginsAt);
  const missed = waiting.find(({ endsAt }) => endsAt < now.wall);
  return [
    ...(missed === undefined ? [] : [segment(`schedule ${missed.id} missed  `, 'attention')]),
    ...(next === undefined
      ? []
      : [segment(`${aboutRequest(next.request)} at ${clockText(next.beginsAt, now.wall)}  `, 'busy')]),
  ];
}

/** Where the findings are not on the screen themselves: how many there are. */
function needsLine(state: CockpitState): Line {
  if (state.mode.kind === 'fleet' || state.mode.kind === 'filter' || state.mode.kind === 'findings')
    return [];
  const findings = findingsIn(state);
  const [gravest] = findings;
  return gravest === undefined ? [] : [segment(`needs you: ${findings.length}  `, gravest.tone)];
}

/** A filter is never to be mistaken for users who are gone. */
function usersText(state: CockpitState): string {
  const all = state.fleet.instances.length;
  const users = `${all} user${all === 1 ? '' : 's'}`;
  const sorted = state.sort === 'map' ? '' : ` by ${state.sort}`;
  return `${state.filter === '' ? '' : `${visibleInstances(state).length} of `}${users}${sorted}`;
}

/** What the host's own scripts are about, where there is room for it. */
export function hostLine(state: CockpitState): Line {
  const texts = hostTexts(state.fleet, state.now.wall);
  const [first = '', ...others] = texts;
  return spread(
    [[segment(` ${first}`, 'muted')], ...others.map((text): Line => [segment(` · ${text}`, 'muted')])],
    [],
    state.size.columns,
  );
}

/** What is wrong with the host as a whole. */
export function problemLines(state: CockpitState): Line[] {
  return hostProblems(state).map((text) => spread([[segment(text, 'danger')]], [], state.size.columns));
}
